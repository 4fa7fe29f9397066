// deb, rpm and apk packages, written by nfpm. Format of its settings: https://nfpm.goreleaser.com/docs/configuration/
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { run } from "./process.ts";
import { HOW_TO_GET, versionLine } from "./tools.ts";

/** What identifies the nfpm on PATH: other versions may write other bytes. Throws ToolFailure if there is none. */
export async function nfpmVersion(guard: Guard): Promise<string> {
  const line = await versionLine("nfpm", ["--version"], guard);
  if (line === undefined)
    throw new ToolFailure(
      "tool",
      `release.packages of pare.yaml needs nfpm, and it is not on PATH: ${HOW_TO_GET.nfpm}`,
    );
  return (await run("nfpm", ["--version"], { guard })).stdout;
}

export interface NfpmRequest {
  readonly format: string;
  /** nfpm.yaml as a value. */
  readonly settings: object;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** An empty directory to work in. */
  readonly directory: string;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

/** The bytes of a package. Throws ToolFailure with what nfpm says. */
export async function packWithNfpm(request: NfpmRequest): Promise<Buffer> {
  const { format, settings, epoch, directory, guard, signal } = request;
  const file = join(directory, "nfpm.json");
  const target = join(directory, `package.${format}`);
  // JSON is YAML
  writeFileSync(file, JSON.stringify(settings));
  // nfpm puts variables into settings, and takes passphrases from them
  const env = {
    ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
    PATH: process.env["PATH"],
    SOURCE_DATE_EPOCH: String(epoch),
  };
  const words = ["package", "--config", file, "--packager", format, "--target", target];
  const { code, stdout, stderr } = await run("nfpm", words, { cwd: directory, env, guard, signal });
  if (code !== 0) {
    const said = `${stdout}${stderr}`.trim();
    throw new ToolFailure("tool", `nfpm writes no ${format}: ${said.split("\n").at(-1) ?? ""}`, said);
  }
  return readFileSync(target);
}
