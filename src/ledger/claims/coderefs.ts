// References from the code of a Go image to its data.
import type { Executable } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { scanRefs } from "../../binary/go/refs/index.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { takeU32, takeU8 } from "../../binary/memory.ts";

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

/** What code refers to. */
export interface Targets {
  readonly rva: Uint32Array;
  readonly formed: Uint8Array;
}

/** The distinct targets of references, ascending, and whether any reference forms the address. */
export function targetsOf(refs: Refs, byTarget: Uint32Array): Targets {
  const rva = takeU32(byTarget.length);
  const formed = takeU8(byTarget.length).fill(0);
  let n = 0;
  for (let k = 0; k < byTarget.length; k++) {
    const ref = byTarget[k];
    const target = refs.target[ref];
    if (n === 0 || rva[n - 1] !== target) rva[n++] = target;
    if (refs.formed[ref] > 0) formed[n - 1] = 1;
  }
  return { rva: rva.subarray(0, n), formed: formed.subarray(0, n) };
}
