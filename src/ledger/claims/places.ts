// Who owns what stands at an address, by the ledger so far: tables that point at code and data follow their targets.
import type { Region } from "../../binary/executable.ts";
import { KIND, type Ledger } from "../ledger.ts";
import { rangeAt } from "../sweep.ts";

export class Places {
  readonly ledger: Ledger;
  private readonly regions: readonly Region[];
  private region: Region | undefined;
  private range = 0;

  constructor(ledger: Ledger, regions: readonly Region[]) {
    this.ledger = ledger;
    this.regions = regions;
  }

  /** File offset of an image byte, or -1 if the file does not hold it. */
  offsetOf(rva: number): number {
    let r = this.region;
    if (!r || rva < r.rva || rva >= r.rva + r.bytes.length) {
      r = regionWithBytes(this.regions, rva);
      if (!r) return -1;
      this.region = r;
    }
    if (!r.pieces) return r.offset + rva - r.rva;
    const { rva: at, length, offset } = r.pieces;
    let lo = 0;
    let hi = at.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (at[mid] <= rva) lo = mid;
      else hi = mid - 1;
    }
    return rva >= at[lo] && rva < at[lo] + length[lo] ? offset[lo] + rva - at[lo] : -1;
  }

  /** Index of the ledger's range at an address if a package owns it, or -1. Ascending addresses are found fast. */
  owned(rva: number): number {
    const i = this.at(rva);
    return i >= 0 && this.ledger.pkg[i] !== 0 ? i : -1;
  }

  /** True if the file holds the byte and nobody owns it yet. */
  free(rva: number): boolean {
    const i = this.at(rva);
    return i >= 0 && this.ledger.kind[i] === KIND.unattributed;
  }

  private at(rva: number): number {
    const offset = this.offsetOf(rva);
    if (offset < 0) return -1;
    const { start, count, size } = this.ledger;
    let i = this.range;
    for (let step = 0; step < 4 && i < count && start[i] <= offset; step++, i++) {
      if (offset < (i + 1 < count ? start[i + 1] : size)) return (this.range = i);
    }
    return (this.range = rangeAt(this.ledger, offset));
  }
}

function regionWithBytes(regions: readonly Region[], rva: number): Region | undefined {
  for (let i = 0; i < regions.length; i++) {
    const r = regions[i];
    if (rva >= r.rva && rva < r.rva + r.bytes.length) return r;
  }
  return undefined;
}
