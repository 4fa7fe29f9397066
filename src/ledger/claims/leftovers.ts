// What nobody else claims: filler, the rest of tables, and sections that are known by name only.
import type { Executable, Section } from "../../binary/executable.ts";
import { FOREIGN } from "./foreign.ts";
import { type Claims, EXACT, INFERRED, KIND, type Ledger } from "../ledger.ts";
import { nextGap } from "../sweep.ts";

/** Linkers align segments to pages of at most 64 KiB. */
const MAX_ALIGNMENT = 0x1_0000;
/** Filler between two Go objects stays below the alignment of the largest. */
const MAX_FILLER = 64;

/** Sections that hold Go's own code and data: what is unknown in them stays unattributed. */
const GO_SECTIONS =
  /^(?:\.text|__text|\.rodata|__rodata|\.rdata|\.data|__data|\.noptrdata|__noptrdata|\.data\.rel\.ro|\.typelink|\.itablink|\.gosymtab|\.gopclntab|__typelink|__itablink|__gopclntab|__go_module|\.go\.module|__const|data section|code section)$/;

/**
 * Fills the gaps of a ledger. `goParts` are the runs of RVAs that Go's own linker filled and whose objects were attributed: what is left
 * of them is not given away by section, and what stands beside them in the same sections came from other objects.
 */
export function claimLeftovers(
  claims: Claims,
  exe: Executable,
  ledger: Ledger,
  goParts: readonly (readonly [number, number])[],
): void {
  const hasGoData = goParts.length > 0;
  const inGo = (rva: number): boolean => goParts.some(([from, to]) => rva >= from && rva < to);
  const sections = exe.sections.filter((s) => s.fileSize > 0).sort((a, b) => a.offset - b.offset);
  const alignment = claims.symbols.add("alignment");
  const foreign = claims.packages.find(FOREIGN) ?? 0;
  const ends = exe.tables.map((t) => t.end);
  const pad = (from: number, to: number): void => claims.file(from, to, KIND.padding, 0, alignment, EXACT);

  const inSection = (from: number, to: number, s: Section, besideC: boolean): void => {
    const kind = s.executable ? KIND.code : s.writable ? KIND.data : KIND.rodata;
    const filled = isFiller(exe.bytes, from, to, s.executable);
    if (hasGoData && GO_SECTIONS.test(s.name)) {
      const atEnd = to === s.offset + s.fileSize;
      if (filled && to - from < (atEnd ? MAX_ALIGNMENT : MAX_FILLER)) pad(from, to);
      else if (besideC || (s.rva >= 0 && !inGo(s.rva + from - s.offset)))
        claims.file(from, to, kind, foreign || claims.packages.id(FOREIGN), claims.symbols.add(s.name), INFERRED);
      return;
    }
    if (filled && to - from < MAX_FILLER) return pad(from, to);
    claims.file(from, to, kind, 0, claims.symbols.add(`section ${s.name}`), INFERRED);
  };

  const outside = (from: number, to: number): void => {
    if (to - from <= MAX_ALIGNMENT && isFiller(exe.bytes, from, to, false)) pad(from, to);
  };

  let s = 0;
  let t = 0;
  for (let i = nextGap(ledger, 0); i < ledger.count; i = nextGap(ledger, i + 1)) {
    const end = i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size;
    // start code and the like has no sized symbols
    const besideC =
      foreign !== 0 &&
      ((i > 0 && ledger.pkg[i - 1] === foreign) || (i + 1 < ledger.count && ledger.pkg[i + 1] === foreign));
    let at = ledger.start[i];
    while (at < end) {
      while (t < exe.tables.length && ends[t] <= at) t++;
      while (s < sections.length && sections[s].offset + sections[s].fileSize <= at) s++;
      const table = exe.tables[t];
      const section = sections[s];
      if (table && table.start <= at) {
        const to = Math.min(end, table.end);
        claims.file(at, to, KIND[table.kind], 0, claims.symbols.add(table.name), EXACT);
        at = to;
      } else {
        const to = Math.min(end, table ? table.start : end, section && section.offset > at ? section.offset : end);
        if (section && section.offset <= at) {
          const stop = Math.min(to, section.offset + section.fileSize);
          inSection(at, stop, section, besideC);
          at = stop;
        } else {
          outside(at, to);
          at = to;
        }
      }
    }
  }
}

/** True if a range holds zero bytes only (in code: or int3). */
export function isFiller(bytes: Uint8Array, from: number, to: number, code: boolean): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0 && !(code && bytes[i] === 0xcc)) return false;
  return true;
}
