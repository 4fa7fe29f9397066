// NUL-terminated string tables (ELF .strtab, COFF and Mach-O string tables): lengths of names without scanning a name twice.
import { type Bytes, text } from "./bytes.ts";

/** A string table at file offsets [start, end). Building it is one linear pass, so that hostile overlapping names stay cheap. */
export class StringTable {
  private readonly data: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  /** File offsets of the NULs, and the table's end behind them. */
  private readonly stops: Uint32Array;
  private last = 0;

  constructor(bytes: Bytes, start: number, length: number) {
    const table = bytes.slice(start, length);
    this.data = bytes.data;
    this.start = start;
    this.end = start + length;
    let stops = new Uint32Array(64 + (length >>> 5));
    let count = 0;
    for (let at = table.indexOf(0); at >= 0; at = table.indexOf(0, at + 1)) {
      if (count + 1 >= stops.length) {
        const more = new Uint32Array(Math.min(length + 1, stops.length * 2));
        more.set(stops);
        stops = more;
      }
      stops[count++] = start + at;
    }
    stops[count] = this.end;
    this.stops = stops.subarray(0, count + 1);
  }

  /** File offset of the string at a table offset; the table's end (an empty name) if it lies outside. */
  offset(at: number): number {
    return at >= 0 && this.start + at < this.end ? this.start + at : this.end;
  }

  /** Length of the string that begins at a file offset inside the table. Consecutive names cost O(1). */
  length(offset: number): number {
    const { stops } = this;
    let lo = this.last;
    if (stops[lo] < offset || (lo > 0 && stops[lo - 1] >= offset)) {
      if (lo + 1 < stops.length && stops[lo] < offset && stops[lo + 1] >= offset) lo++;
      else {
        lo = 0;
        let hi = stops.length - 1;
        while (lo < hi) {
          const mid = (lo + hi) >> 1;
          if (stops[mid] < offset) lo = mid + 1;
          else hi = mid;
        }
      }
      this.last = lo;
    }
    return stops[lo] - offset;
  }

  /** The string at a table offset, cut after max bytes. */
  name(at: number, max: number): string {
    const offset = this.offset(at);
    return text(this.data.subarray(offset, offset + Math.min(max, this.length(offset))));
  }
}
