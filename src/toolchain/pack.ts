// Programs that make another file of an executable: UPX and binaryen's wasm-opt.
import { readFileSync } from "node:fs";
import type { Guard } from "./failure.ts";
import { run } from "./process.ts";

export interface PackContext {
  readonly guard: Guard;
  readonly signal?: AbortSignal;
  readonly onStart?: (pid: number) => void;
}

/** What packing came to; `reason` is one line, `output` all that the program said. */
export type Packed = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly output: string };

/** Packs a file into a new one. */
export async function packUpx(
  from: string,
  to: string,
  args: readonly string[],
  context: PackContext,
): Promise<Packed> {
  const { code, stdout, stderr } = await run("upx", [...args, "-q", "-o", to, from], context);
  if (code === 0) return { ok: true };
  const output = `${stderr}${stdout}`.trim();
  return { ok: false, reason: upxReason(output), output };
}

/** What UPX complains of: "upx: FILE: CantPackException: …" without names of files and classes. */
export function upxReason(output: string): string {
  const line = output.split("\n").find((text) => /^upx: /.test(text)) ?? output.split("\n", 1)[0];
  const reason = line.replace(/^upx: (?:\S+: )?/, "").replace(/^(\w+Exception): /, "");
  return `UPX refuses it: ${reason === "" ? "it does not say why" : reason}`;
}

/** Whether `upx -t` passes, and whether `upx -d` gives back exactly the bytes that were packed. `scratch` is a path to write to. */
export async function checkUpx(
  packed: string,
  original: string,
  scratch: string,
  context: PackContext,
): Promise<{ readonly passes: boolean; readonly restores: boolean }> {
  const tested = await run("upx", ["-qqq", "-t", packed], context);
  const unpacked = await run("upx", ["-qqq", "-d", "-o", scratch, packed], context);
  const restores = unpacked.code === 0 && readFileSync(scratch).equals(readFileSync(original));
  return { passes: tested.code === 0, restores };
}

/** Optimises a wasm file into a new one. */
export async function wasmOpt(
  from: string,
  to: string,
  args: readonly string[],
  context: PackContext,
): Promise<Packed> {
  const { code, stdout, stderr } = await run("wasm-opt", [...args, from, "-o", to], context);
  if (code === 0) return { ok: true };
  const output = `${stderr}${stdout}`.trim();
  const reason = output.split("\n").find((line) => line.trim() !== "") ?? "it does not say why";
  return { ok: false, reason: `wasm-opt fails: ${reason.replace(/^\[.*?\]\s*/, "")}`, output };
}
