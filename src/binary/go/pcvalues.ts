// pc-value tables: a value per stretch of a function, as deltas. GOROOT/src/runtime/symtab.go (step), cmd/internal/obj/pcln.go.
import type { Pclntab } from "./pclntab.ts";

/**
 * Calls back for each stretch of function `f`, in address order, with RVAs [from, to) and the value that holds there. `offset` is the
 * table's, within pctab; 0 stands for no table. Stops at the function's end and at damage.
 */
export function pcValues(
  t: Pclntab,
  f: number,
  offset: number,
  each: (from: number, to: number, value: number) => void,
): void {
  if (offset === 0) return;
  const { bytes } = t;
  let at = (t.version === "1.2" ? 0 : t.pctab) + offset;
  let value = -1;
  let from = t.entry[f];
  const varint = (): number => {
    let v = 0;
    for (let shift = 0; shift < 35 && at < bytes.length; shift += 7) {
      const b = bytes[at++];
      v |= (b & 127) << shift;
      if (b < 128) break;
    }
    return v >>> 0;
  };
  for (let first = true; at < bytes.length && from < t.end[f]; first = false) {
    const delta = varint();
    if (delta === 0 && !first) return;
    value += (delta >>> 1) ^ -(delta & 1);
    const to = Math.min(from + varint() * t.minLC, t.end[f]);
    each(from, to, value);
    from = to;
  }
}
