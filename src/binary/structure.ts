// Collects the file ranges that belong to a container format and returns them sorted and disjoint.
import type { FormatRange } from "./executable.ts";

export class Structure {
  private readonly size: number;
  private readonly ranges: FormatRange[] = [];

  constructor(size: number) {
    this.size = size;
  }

  /** Adds [start, start + length); what lies outside the file is dropped. */
  add(start: number, length: number, kind: FormatRange["kind"], name: string): void {
    const end = Math.min(start + length, this.size);
    if (start >= 0 && start < end) this.ranges.push({ start, end, kind, name });
  }

  /** Sorted by start. Where ranges overlap, the one that starts first keeps the bytes; of two with one start, the one added first. */
  done(): FormatRange[] {
    const out: FormatRange[] = [];
    let at = 0;
    for (const r of this.ranges.sort((a, b) => a.start - b.start)) {
      if (r.end <= at) continue;
      out.push(r.start >= at ? r : { ...r, start: at });
      at = r.end;
    }
    return out;
  }
}
