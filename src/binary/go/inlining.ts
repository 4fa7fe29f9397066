// Inlined bodies inside functions: PCDATA_InlTreeIndex and FUNCDATA_InlTree. GOROOT/src/internal/abi/symtab.go, cmd/link/internal/ld/pcln.go,
// runtime/symtabinl.go.
import { u32 } from "../bytes.ts";
import type { Region } from "../executable.ts";
import type { Pclntab } from "./pclntab.ts";
import { pcValues } from "./pcvalues.ts";

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
 * Answers what calls back for each stretch of function `f` in address order, with the same object each time. Nothing for functions without
 * inlined calls and for tables before Go 1.18. `funcdata` is the region that holds RVA `gofunc`.
 */
export function inlineReader(
  t: Pclntab,
  funcdata: Region,
  gofunc: number,
): (f: number, each: (step: InlineStep) => void) => void {
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const calls = new DataView(funcdata.bytes.buffer, funcdata.bytes.byteOffset, funcdata.bytes.byteLength);
  // inlinedCall: {funcID, pad[3], nameOff, parentPc, startLine}; up to Go 1.19 {parent, funcID, pad, file, line, nameOff, parentPc}
  const record = t.version === "1.20" ? 16 : 20;
  const nameAt = t.version === "1.20" ? 4 : 12;
  const step: InlineStep = { from: 0, to: 0, name: -1 };
  return (f, each) => {
    if (t.funcdataRef !== 4 || t.npcdata[f] <= PCDATA_INL_TREE_INDEX || t.nfuncdata[f] <= FUNCDATA_INL_TREE) return;
    const stream = u32(view, t.pcdataAt(f) + PCDATA_INL_TREE_INDEX * 4, t.littleEndian);
    const tree = u32(view, t.funcdataAt(f) + FUNCDATA_INL_TREE * 4, t.littleEndian);
    if (stream === 0 || tree === NONE) return;
    const base = gofunc + tree - funcdata.rva + nameAt;
    pcValues(t, f, stream, (from, to, value) => {
      const call = base + value * record;
      step.from = from;
      step.to = to;
      step.name = value >= 0 && call >= 0 && call + 4 <= calls.byteLength ? calls.getInt32(call, t.littleEndian) : -1;
      each(step);
    });
  };
}
