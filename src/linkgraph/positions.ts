// Where in the source a place in a function's code was written, from the function table.
import { text } from "../binary/bytes.ts";
import type { Pclntab } from "../binary/go/pclntab.ts";
import { pcValues } from "../binary/go/pcvalues.ts";

export interface Position {
  /** As the compiler saw it; shortened by -trimpath. */
  readonly file: string;
  readonly line: number;
}

/**
 * Position of the instruction `offset` bytes into the function at an RVA; inside an inlined body, the body's own.
 * undefined if the table has no such function, or is older than Go 1.16.
 */
export function positionAt(t: Pclntab, rva: number, offset: number): Position | undefined {
  const f = functionAt(t, rva);
  if (f === undefined || t.version === "1.2") return undefined;
  const valueAt = (table: number): number => {
    let found = -1;
    pcValues(t, f, table, (from, to, value) => {
      if (rva + offset >= from && rva + offset < to) found = value;
    });
    return found;
  };
  const line = valueAt(t.pcln[f]);
  const at = t.cutab + 4 * (t.cuOffset[f] + valueAt(t.pcfile[f]));
  if (line < 0 || at < t.cutab || at + 4 > t.filetab) return undefined;
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const from = t.filetab + view.getUint32(at, t.littleEndian);
  const end = t.bytes.indexOf(0, from);
  if (from >= t.pctab || end < 0) return undefined;
  return { file: text(t.bytes.subarray(from, Math.min(end, t.pctab))), line };
}

function functionAt(t: Pclntab, rva: number): number | undefined {
  let [lo, hi] = [0, t.nfunc];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (t.entry[mid] < rva) lo = mid + 1;
    else hi = mid;
  }
  return lo < t.nfunc && t.entry[lo] === rva ? lo : undefined;
}
