// Machine code, function by function. Filler behind a function's last instruction is its padding.
import type { Executable } from "../../binary/executable.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { Functions } from "./functions.ts";

/**
 * Claims all functions of the table; filler bytes at their ends become kind padding of the same owner. Returns the RVA behind the
 * last instruction of each.
 */
export function claimCode(
  claims: Claims,
  exe: Executable,
  go: GoProgram,
  functions: Functions,
  symbolOf: (f: number) => number,
): Uint32Array {
  const t = go.pcln;
  const ends = t.entry.slice();
  const filler = fillerOf(exe.arch, t.minLC);
  let region = exe.regions[0];
  for (let f = 0; f < t.nfunc; f++) {
    const from = t.entry[f];
    if (!region || from < region.rva || from >= region.rva + region.bytes.length) {
      const found = exe.regions.find((r) => from >= r.rva && from < r.rva + r.bytes.length);
      if (!found) continue;
      region = found;
    }
    const end = Math.min(t.end[f], region.rva + region.bytes.length);
    let last = end - region.rva;
    const first = from - region.rva;
    if (!exe.wasm) while (last - filler.length >= first && endsWith(region.bytes, last, filler)) last -= filler.length;
    // a function of nothing but filler is code all the same
    const codeEnd = last === first ? end : region.rva + last;
    ends[f] = codeEnd;
    // wasm: the body's size stands in front of it
    const lead = exe.wasm ? ulebLength(end - from) : 0;
    claims.image(from - lead, codeEnd - from + lead, KIND.code, functions.owner[f], symbolOf(f), EXACT);
    claims.image(codeEnd, end - codeEnd, KIND.padding, functions.owner[f], symbolOf(f), EXACT);
  }
  return ends;
}

/** Bytes that a number takes as an unsigned LEB128. */
function ulebLength(value: number): number {
  let n = 1;
  for (let v = value; v >= 128; v = Math.floor(v / 128)) n++;
  return n;
}

/** One unit of what fills the space behind a function (cmd/link/internal/<arch>/obj.go, CodePad): zero instructions, if not said otherwise. */
function fillerOf(arch: string, minLC: number): readonly number[] {
  if (arch === "amd64" || arch === "386") return [0xcc];
  if (arch === "loong64") return [0, 0, 0x2a, 0];
  return Array.from({ length: minLC }, () => 0);
}

function endsWith(bytes: Uint8Array, end: number, tail: readonly number[]): boolean {
  for (let k = 0; k < tail.length; k++) if (bytes[end - tail.length + k] !== tail[k]) return false;
  return true;
}
