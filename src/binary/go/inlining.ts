// Inlined bodies inside functions: PCDATA_InlTreeIndex and FUNCDATA_InlTree. GOROOT/src/internal/abi/symtab.go, cmd/link/internal/ld/pcln.go,
// runtime/symtabinl.go.
import type { Region } from "../executable.ts";
import type { Pclntab } from "./pclntab.ts";

const PCDATA_INL_TREE_INDEX = 2;
const FUNCDATA_INL_TREE = 3;
const NONE = 0xffffffff;

/** A stretch of one function that came from another one's source. */
export interface InlineStep {
  /** RVAs, [from, to). */
  from: number;
  to: number;
  /** Offset within funcnametab of the innermost inlined function's name; −1 where the code is the function's own. */
  name: number;
}

/**
 * Calls back for each stretch of function `f` in address order, with the same object each time. Nothing for functions without inlined
 * calls and for tables before Go 1.18. `funcdata` is the region that holds RVA `gofunc`.
 */
export function inlineSteps(
  t: Pclntab,
  f: number,
  funcdata: Region,
  gofunc: number,
  each: (step: InlineStep) => void,
): void {
  if (t.funcdataRef !== 4 || t.npcdata[f] <= PCDATA_INL_TREE_INDEX || t.nfuncdata[f] <= FUNCDATA_INL_TREE) return;
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const stream = view.getUint32(t.pcdataAt(f) + PCDATA_INL_TREE_INDEX * 4, t.littleEndian);
  const tree = view.getUint32(t.funcdataAt(f) + FUNCDATA_INL_TREE * 4, t.littleEndian);
  if (stream === 0 || tree === NONE) return;
  const calls = new DataView(funcdata.bytes.buffer, funcdata.bytes.byteOffset, funcdata.bytes.byteLength);
  const base = gofunc + tree - funcdata.rva;
  // inlinedCall: {funcID, pad[3], nameOff, parentPc, startLine}; up to Go 1.19 {parent, funcID, pad, file, line, nameOff, parentPc}
  const record = t.version === "1.20" ? 16 : 20;
  const nameAt = t.version === "1.20" ? 4 : 12;
  const { bytes } = t;
  const step: InlineStep = { from: t.entry[f], to: t.entry[f], name: -1 };
  let at = t.pctab + stream;
  let value = -1;
  const varint = (): number => {
    let v = 0;
    for (let shift = 0; shift < 35 && at < bytes.length; shift += 7) {
      const b = bytes[at++];
      v |= (b & 127) << shift;
      if (b < 128) break;
    }
    return v >>> 0;
  };
  for (let first = true; at < bytes.length && step.to < t.end[f]; first = false) {
    const delta = varint();
    if (delta === 0 && !first) return;
    value += (delta >>> 1) ^ -(delta & 1);
    step.from = step.to;
    step.to += varint() * t.minLC;
    const call = base + value * record + nameAt;
    step.name = value >= 0 && call >= 0 && call + 4 <= calls.byteLength ? calls.getInt32(call, t.littleEndian) : -1;
    each(step);
  }
}
