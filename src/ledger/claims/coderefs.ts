// References from the code of a Go image to its data.
import type { Executable } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { scanRefs } from "../../binary/go/refs/index.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";

const NONE = 0xffffffff;

/** References in function order; none if the code is not where the function table says. */
export function codeRefs(exe: Executable, go: GoProgram, module: Moduledata): Refs {
  const code = exe.regions.find(
    (r) => r.executable && go.pcln.entry[0] >= r.rva && go.pcln.entry[0] < r.rva + r.bytes.length,
  );
  if (!code) {
    const none = new Uint32Array(0);
    return { count: 0, target: none, func: none, formed: new Uint8Array(0), at: none };
  }
  let low = NONE;
  let high = 0;
  for (const r of exe.regions) {
    if (r.executable && (exe.wasm || r === code) && exe.format !== "macho") continue;
    low = Math.min(low, r.rva);
    high = Math.max(high, r.rva + r.memSize);
  }
  const textEnd = exe.wasm ? code.rva + code.bytes.length : module.etext;
  const text = exe.wasm ? code.rva : module.text;
  // absolute operands that must move with the image are listed in the file: no constant can be taken for one
  const relocated = new Set<number>();
  if (exe.format === "pe" && exe.arch === "386") for (const slot of exe.relocations().slot) relocated.add(slot);
  return scanRefs(exe.arch, {
    ...(relocated.size > 0 ? { relocated } : {}),
    code: code.bytes,
    codeRva: code.rva,
    littleEndian: exe.littleEndian,
    imageBase: exe.imageBase,
    entry: go.pcln.entry,
    end: go.pcln.end,
    low,
    high,
    textLow: text,
    textHigh: textEnd,
  });
}
