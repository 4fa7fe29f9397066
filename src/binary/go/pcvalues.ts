// pc-value tables: a value per stretch of a function, as deltas. GOROOT/src/runtime/symtab.go (step, pcvalue), cmd/internal/obj/pcln.go.
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

/**
 * The value that holds `distance` program counters behind the entry of a function, or −1: where there is no table, behind its end, and
 * at damage. `offset` is the table's, within pctab. GOROOT/src/runtime/symtab.go (pcvalue).
 */
export function pcValueAt(t: Pclntab, offset: number, distance: number): number {
  if (offset === 0) return -1;
  const { bytes } = t;
  let at = (t.version === "1.2" ? 0 : t.pctab) + offset;
  let value = -1;
  let pc = 0;
  const varint = (): number => {
    let v = 0;
    for (let shift = 0; shift < 35 && at < bytes.length; shift += 7) {
      const b = bytes[at++];
      v |= (b & 127) << shift;
      if (b < 128) break;
    }
    return v >>> 0;
  };
  for (let first = true; at < bytes.length; first = false) {
    const delta = varint();
    if (delta === 0 && !first) return -1;
    value += (delta >>> 1) ^ -(delta & 1);
    pc += varint() * t.minLC;
    if (distance < pc) return value;
  }
  return -1;
}
