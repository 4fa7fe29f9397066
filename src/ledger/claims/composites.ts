// What the words of read-only data tell: composites and dictionaries that they lead to, strings with their sizes, tables of all bytes.
import { word } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import { U32List } from "../../binary/go/types.ts";
import { KIND } from "../ledger.ts";
import type { ImageWords } from "./imagewords.ts";
import type { Layout, Span } from "./layout.ts";
import type { Area } from "./objects.ts";

/** What words of read-only data tell: starts of dictionaries and static composites, strings with their sizes, tables of all bytes. */
export interface Composites {
  readonly starts: Uint32Array;
  readonly strings: Uint32Array;
  readonly sizes: Uint32Array;
  readonly byteTables: readonly number[];
  /** All that lead into any area. */
  readonly pointers: PointerWords;
}

/** Words that hold pointers, ascending: where they stand, and where they lead. */
export interface PointerWords {
  readonly at: Uint32Array;
  readonly to: Uint32Array;
}

export function findComposites(words: ImageWords, layout: Layout, exe: Executable): Composites {
  const p = exe.ptrSize;
  const [starts, strings, sizes] = [new U32List(), new U32List(), new U32List()];
  const [from, to, ones] = [new U32List(), new U32List(), new U32List()];
  const byteTables: number[] = [];
  const low = layout.areas[0]?.start ?? 0;
  const high = layout.areas.at(-1)?.end ?? 0;
  // the second entry of a table is 1
  const entry = p === 4 && !exe.littleEndian ? 12 : 8;
  for (const area of layout.areas) {
    if (area.kind !== KIND.rodata) continue;
    const [first, firstOne] = [from.count, ones.count];
    lookInto(exe, area, low, high, from, to, ones);
    for (let k = first; k < from.count; k++) {
      const size = stringSize(layout.strings, words, from.at(k) + p, to.at(k));
      if (size > 0) {
        strings.push(to.at(k));
        sizes.push(size);
      } else if (to.at(k) >= area.start && to.at(k) < area.end && to.at(k) % p === 0) starts.push(to.at(k));
    }
    for (let k = firstOne; k < ones.count; k++) {
      const at = ones.at(k) - entry;
      if (at >= area.start && isByteTable(words, at, area.end)) byteTables.push(at);
    }
  }
  const pointers = { at: from.array(), to: to.array() };
  return { starts: starts.array(), strings: strings.array(), sizes: sizes.array(), byteTables, pointers };
}

/** Notes the words of an area that lead to [low, high), and those that are 1. Most of read-only data is looked at here, and only here. */
function lookInto(
  { regions, ptrSize, littleEndian, imageBase }: Executable,
  { start, end }: Area,
  low: number,
  high: number,
  from: U32List,
  to: U32List,
  ones: U32List,
): void {
  const region = regionAt(regions, start);
  if (!region) return;
  const { bytes, rva } = region;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stop = Math.min(end, rva + bytes.length) - ptrSize;
  for (let at = Math.ceil(start / ptrSize) * ptrSize; at <= stop; at += ptrSize) {
    const value = word(view, at - rva, ptrSize, littleEndian);
    const target = value - imageBase;
    if (target >= low && target < high) {
      from.push(at);
      to.push(target);
    } else if (value === 1) ones.push(at);
  }
}

/** Length of the string whose pointer is `to` and whose length stands at `lengthAt`; 0 if that is no string. */
export function stringSize({ start, end }: Span, words: ImageWords, lengthAt: number, to: number): number {
  if (to < start || to >= end) return 0;
  const length = words.word(lengthAt);
  return length > 0 && to + length <= end ? length : 0;
}

/** How many values a byte has. */
const BYTES = 256;

export const BYTE_TABLE_SIZE = BYTES * 8;

/** runtime.staticuint64s: every byte as a 64-bit integer, in which whoever makes an interface of a small integer points (runtime/iface.go). */
function isByteTable(words: ImageWords, rva: number, end: number): boolean {
  if (rva + BYTE_TABLE_SIZE > end) return false;
  for (let i = 0; i < BYTES; i++) if (words.int64(rva + i * 8) !== i) return false;
  return true;
}
