// Debug information, shared out by compilation unit. What is compressed is shared out in proportion to what it decompresses to.
import { Cursor, DwarfError } from "../../binary/dwarf/forms.ts";
import {
  initialLength,
  LANGUAGE_GO,
  type Pointed,
  readUnits,
  type Unit,
  type Units,
} from "../../binary/dwarf/units.ts";
import type { Executable, Section } from "../../binary/executable.ts";
import { discard } from "../../binary/memory.ts";
import { unescapePath } from "../../binary/go/symbolname.ts";
import { type Claims, EXACT, INFERRED, KIND, Names } from "../ledger.ts";
import { FOREIGN } from "./foreign.ts";
import type { Places } from "./places.ts";

/** Decompresses a stream of at most rawSize bytes, into memory of its own if they are many; throws if it cannot. */
export type Inflate = (stream: Uint8Array, rawSize: number, method: "zlib" | "zstd") => Uint8Array;

/** Fewer bytes may share their memory with others. */
const MANY = 1 << 16;

/** Owner of parts that belong to no package: bytes that all of them share, and bytes that cannot be read. */
const SHARED = 0;
const DAMAGED = 0xffff_ffff;
/** The same among addresses. */
const SHARED_PLACE = -1;
const DAMAGED_PLACE = -2;

/** What one section may decompress to, and all sections of a file: no linker comes near either, and memory must do. */
const MAX_RATIO = 64;
const MAX_SLACK = 1 << 20;
const MAX_TOTAL_RATIO = 4;
const MAX_TOTAL_SLACK = 64 << 20;

/** A section's contents in parts: part i begins at start[i] and ends where the next begins. */
class Parts {
  readonly start: number[] = [];
  readonly owner: number[] = [];

  /** Parts must come in order; a part that begins where the last one did takes its place. */
  add(start: number, owner: number): void {
    const n = this.start.length;
    if (n > 0 && this.start[n - 1] === start) {
      this.start.pop();
      this.owner.pop();
    }
    if (this.owner.at(-1) === owner) return;
    this.start.push(start);
    this.owner.push(owner);
  }

  rows(): NonNullable<DebugSection["parts"]> {
    return { start: Float64Array.from(this.start), owner: Uint32Array.from(this.owner) };
  }
}

/** Parts whose owners are those of the addresses that they are about. */
class PlacedParts {
  private readonly start: number[] = [];
  private readonly place: number[] = [];

  /** A part that is nobody's: SHARED or DAMAGED. */
  add(start: number, owner: number): void {
    this.addPlace(start, owner === DAMAGED ? DAMAGED_PLACE : SHARED_PLACE);
  }

  addPlace(start: number, rva: number): void {
    this.start.push(start);
    this.place.push(rva);
  }

  rows(): NonNullable<DebugSection["parts"]> {
    return { start: Float64Array.from(this.start), place: Float64Array.from(this.place) };
  }
}

/** "info" for .debug_info, .zdebug_info, __debug_info, __zdebug_info; undefined for other sections. Mach-O cuts names at 16 bytes. */
export function debugName(section: Section): string | undefined {
  const found = /^(?:\.|__)z?debug_(.+)$/.exec(section.name);
  if (!found) return undefined;
  const name = found[1];
  if (!section.name.startsWith("__")) return name;
  return KNOWN.find((k) => k.startsWith(name) && name.length >= 7 && section.name.length === 16) ?? name;
}

const KNOWN = [
  "str_offsets",
  "gdb_scripts",
  "loclists",
  "rnglists",
  "line_str",
  "pubnames",
  "pubtypes",
  "gnu_pubnames",
];

/** A debug section and its parts: part i begins at start[i] of its (decompressed) contents and ends where the next begins. */
export interface DebugSection {
  readonly name: string;
  /** File offsets. */
  readonly start: number;
  readonly end: number;
  /** Length of the contents if they are compressed, else −1. */
  readonly rawSize: number;
  /** It cannot be decompressed. */
  readonly failed: boolean;
  /** No parts: all share it. */
  readonly parts?: {
    readonly start: Float64Array;
    /** Index into the owners, or DAMAGED. */
    readonly owner?: Uint32Array;
    /** Instead: the RVA that the part is about, SHARED_PLACE or DAMAGED_PLACE. */
    readonly place?: Float64Array;
  };
}

/** What the debug information says, before anything else is known of the program. Plain data: another thread may have read it. */
export interface DebugInfo {
  readonly sections: readonly DebugSection[];
  /** Packages; the first is nobody. */
  readonly owners: readonly string[];
  /** A compilation unit says that TinyGo made the program. */
  readonly tinygo: boolean;
  readonly warnings: readonly string[];
}

/** Claims debug sections as a whole, by what `readDebug` has found. */
export function claimDebug(info: DebugInfo, claims: Claims, places: Places): void {
  const owners = info.owners.map((name) => claims.packages.id(name));
  for (const section of info.sections) claimSection(section, owners, claims, places);
}

function claimSection(section: DebugSection, owners: readonly number[], claims: Claims, places: Places): void {
  const handle = claims.symbols.add(`DWARF .debug_${section.name}`);
  const damaged = claims.symbols.add("DWARF (damaged)");
  const { start: from, end: to } = section;
  const own = (start: number, end: number, owner: number, evidence: number): void =>
    claims.file(start, end, KIND.dwarf, owner === DAMAGED ? 0 : owner, owner === DAMAGED ? damaged : handle, evidence);
  const { parts } = section;
  if (!parts || parts.start.length === 0) {
    own(from, to, section.failed ? DAMAGED : SHARED, EXACT);
    return;
  }
  const { start } = parts;
  const ownerOf = ownersOfParts(parts, owners, places);
  if (section.rawSize < 0) {
    if (start[0] > 0) own(from, from + start[0], SHARED, EXACT);
    for (let i = 0; i < start.length; i++) {
      own(from + start[i], i + 1 < start.length ? from + start[i + 1] : to, ownerOf[i], EXACT);
    }
    return;
  }
  const sums = sumsOfParts(start, ownerOf, section.rawSize);
  const whole = Math.max(
    1,
    [...sums.values()].reduce((a, b) => a + b, 0),
  );
  let seen = 0;
  let at = from;
  for (const [owner, bytes] of sums) {
    seen += bytes;
    const end = seen === whole ? to : from + Math.round(((to - from) * seen) / whole);
    own(at, end, owner, INFERRED);
    at = end;
  }
}

/** Package ids, or DAMAGED. */
function ownersOfParts(
  { start, owner, place }: NonNullable<DebugSection["parts"]>,
  owners: readonly number[],
  places: Places,
): Uint32Array {
  const out = new Uint32Array(start.length);
  for (let i = 0; i < out.length; i++) {
    if (owner) out[i] = owner[i] === DAMAGED ? DAMAGED : owners[owner[i]];
    else if (place) out[i] = ownerOfPlace(place[i], places);
  }
  return out;
}

/** Bytes by owner, in the order in which they begin. */
function sumsOfParts(start: Float64Array, ownerOf: Uint32Array, total: number): Map<number, number> {
  const sums = new Map<number, number>();
  if (start[0] > 0) sums.set(SHARED, start[0]);
  const whole = Math.max(total, start[start.length - 1]);
  for (let i = 0; i < start.length;) {
    const next = endOfSame(ownerOf, i);
    const length = (next < start.length ? start[next] : whole) - start[i];
    if (length > 0) sums.set(ownerOf[i], (sums.get(ownerOf[i]) ?? 0) + length);
    i = next;
  }
  return sums;
}

/** Where numbers end that are the same from the i-th one on. */
function endOfSame(numbers: Uint32Array, i: number): number {
  const same = numbers[i];
  while (i < numbers.length && numbers[i] === same) i++;
  return i;
}

/** True if the ledger knows the owners of all places that a section is about: it can be claimed. */
export function isPlaced(section: DebugSection, places: Places): boolean {
  const place = section.parts?.place;
  if (!place) return true;
  for (let i = 0; i < place.length; i++) if (place[i] >= 0 && places.owned(place[i]) < 0) return false;
  return true;
}

function ownerOfPlace(rva: number, places: Places): number {
  if (rva === DAMAGED_PLACE) return DAMAGED;
  const range = places.owned(rva);
  return range >= 0 ? places.ledger.pkg[range] : SHARED;
}

/** Reads the debug sections of a file; undefined if it has none. Throws nothing: what is damaged is said. */
export function readDebug(exe: Executable, inflate?: Inflate): DebugInfo | undefined {
  const sections = new Map<string, Section>();
  const twins: Section[] = [];
  for (const s of exe.sections) {
    const name = debugName(s);
    if (name === undefined || s.fileSize === 0) continue;
    if (sections.has(name)) twins.push(s);
    else sections.set(name, s);
  }
  if (sections.size === 0) return undefined;
  const job = new Job(exe, inflate, sections);
  // the sections of an object file point at each other through relocations only: no value tells an offset
  const linked = exe.type !== "object";
  const info = job.units("info", false);
  const types = job.units("types", true);
  for (const [name, section] of sections) {
    if (name === "info") job.emitUnits(section, "info", info);
    else if (name === "types") job.emitUnits(section, "types", types);
    else job.emit(section, name, linked ? (raw) => job.split(section, name, raw, info?.units ?? []) : undefined);
  }
  for (const s of twins) job.emit(s, debugName(s) ?? "", undefined);
  return {
    sections: job.found,
    owners: Array.from({ length: job.packages.count }, (_, i) => job.packages.get(i)),
    tinygo: info?.units.some(madeByTinyGo) ?? false,
    warnings: job.warnings,
  };
}

/** TinyGo signs its compilation units. */
const madeByTinyGo = (unit: Unit): boolean => unit.producer.startsWith("TinyGo");

/** Sections that units point into, by what they point at. */
const POINTED_SECTIONS: Readonly<Record<string, Pointed>> = {
  line: "line",
  ranges: "ranges",
  rnglists: "ranges",
  loc: "locations",
  loclists: "locations",
  addr: "addresses",
  str_offsets: "stringOffsets",
  macro: "macros",
  macinfo: "macros",
};
/** Those of them whose contributions begin with their length. */
const WITH_LENGTH = new Set(["line", "rnglists", "loclists", "addr", "str_offsets"]);
/** Tables whose parts name their unit by its offset. */
const BY_UNIT = new Set(["aranges", "pubnames", "pubtypes", "gnu_pubnames", "gnu_pubtypes"]);

/** Where a unit's part of a section begins. */
interface Mark {
  readonly at: number;
  readonly owner: number;
}

class Job {
  readonly found: DebugSection[] = [];
  readonly packages = new Names();
  readonly warnings: string[] = [];
  private readonly exe: Executable;
  private readonly inflate: Inflate | undefined;
  private readonly sections: ReadonlyMap<string, Section>;
  private readonly kept = new Map<string, Uint8Array | undefined>();
  private readonly owners = new Map<Unit, number>();
  /** Sections that cannot be decompressed. */
  private readonly failed = new Set<Section>();

  constructor(exe: Executable, inflate: Inflate | undefined, sections: ReadonlyMap<string, Section>) {
    this.exe = exe;
    this.inflate = inflate;
    this.sections = sections;
    const compressed = [...sections.values()].filter((s) => s.compressed);
    const total = compressed.reduce((sum, s) => sum + s.compressed!.rawSize, 0);
    if (total <= MAX_TOTAL_RATIO * exe.bytes.length + MAX_TOTAL_SLACK) return;
    for (const s of compressed) this.failed.add(s);
    this.warn(`the compressed sections announce ${total} bytes in all`);
  }

  private warn(message: string): void {
    this.warnings.push(`debug information: ${message}`);
  }

  /** A section's contents, decompressed; undefined if that is impossible. */
  private raw(section: Section): Uint8Array | undefined {
    const { exe, inflate } = this;
    const stored = exe.bytes.subarray(section.offset, section.offset + section.fileSize);
    const { compressed } = section;
    if (!compressed) return stored;
    if (!inflate || this.failed.has(section)) return undefined;
    const { rawSize, headerSize, method } = compressed;
    if (rawSize > MAX_RATIO * stored.length + MAX_SLACK) {
      this.failed.add(section);
      this.warn(`${section.name} announces ${rawSize} bytes in ${stored.length}`);
      return undefined;
    }
    try {
      return inflate(stored.subarray(headerSize), rawSize, method);
    } catch (error) {
      this.failed.add(section);
      this.warn(`${section.name} cannot be decompressed (${error instanceof Error ? error.message : String(error)})`);
      return undefined;
    }
  }

  /** Lets go of what was decompressed. */
  private drop(section: Section | undefined, raw: Uint8Array | undefined): void {
    const isOwn = raw !== undefined && raw.length >= MANY && raw.buffer !== this.exe.bytes.buffer;
    if (section?.compressed && isOwn) discard(raw);
  }

  /** Reads the units of .debug_info or .debug_types; lets go of the contents. */
  units(name: string, types: boolean): Units | undefined {
    const section = this.sections.get(name);
    const raw = section && this.raw(section);
    if (!section || !raw) return undefined;
    const lookup = (other: string): Uint8Array | undefined => {
      if (!this.kept.has(other)) {
        const s = this.sections.get(other);
        this.kept.set(other, s && this.raw(s));
      }
      return this.kept.get(other);
    };
    const result = readUnits(raw, lookup, this.exe.littleEndian, types);
    this.drop(section, raw);
    for (const [other, bytes] of this.kept) this.drop(this.sections.get(other), bytes);
    this.kept.clear();
    if (result.length < raw.length) this.warn(`${section.name} cannot be read behind byte ${result.length}`);
    if (result.damaged > 0) this.warn(`${result.damaged} units of ${section.name} cannot be read`);
    return result;
  }

  /** The package of a unit; SHARED if it tells none. */
  private ownerOf(unit: Unit): number {
    let owner = this.owners.get(unit);
    if (owner === undefined) {
      const name = packageOfUnit(unit);
      owner = name === "" ? SHARED : this.packages.id(name);
      this.owners.set(unit, owner);
    }
    return owner;
  }

  emitUnits(section: Section, name: string, units: Units | undefined): void {
    this.emit(
      section,
      name,
      units &&
        (() => {
          const parts = new Parts();
          for (const u of units.units) {
            const owner = this.ownerOf(u);
            parts.add(u.start, owner);
            // a type without a named one in it is the runtime's
            u.types?.package.forEach((pkg, i) => parts.add(u.types!.start[i], this.packages.id(pkg) || owner));
          }
          if (units.length < (section.compressed?.rawSize ?? section.fileSize)) parts.add(units.length, DAMAGED);
          return parts.rows();
        }),
    );
  }

  /** Notes a section and its parts, if it has any. */
  emit(
    section: Section,
    name: string,
    split: ((raw: () => Uint8Array | undefined) => DebugSection["parts"]) | undefined,
  ): void {
    let raw: Uint8Array | undefined;
    const parts = split?.(() => (raw = this.raw(section)));
    this.drop(section, raw);
    this.found.push({
      name,
      start: section.offset,
      end: section.offset + section.fileSize,
      rawSize: section.compressed?.rawSize ?? -1,
      failed: this.failed.has(section),
      ...(parts ? { parts } : {}),
    });
  }

  /** How a section other than the units' own divides; undefined if all share it. */
  split(
    section: Section,
    name: string,
    raw: () => Uint8Array | undefined,
    units: readonly Unit[],
  ): DebugSection["parts"] {
    if (name === "frame") {
      const bytes = raw();
      return bytes && this.frames(bytes);
    }
    if (units.length === 0) return undefined;
    if (BY_UNIT.has(name)) {
      const bytes = raw();
      return (
        bytes &&
        this.contributions(bytes, (cursor, offsetSize) => {
          cursor.skip(2);
          return unitAt(units, cursor.uint(offsetSize));
        }).rows()
      );
    }
    const pointed = POINTED_SECTIONS[name];
    if (!pointed) return undefined;
    const { compressed } = section;
    if (compressed && this.failed.has(section)) return undefined;
    const marks = this.marks(units, pointed, compressed?.rawSize ?? section.fileSize);
    if (!WITH_LENGTH.has(name)) return this.byMarks(marks).rows();
    // Go's linker writes a line table for each unit, and one header in front of all lists (cmd/link/internal/ld/dwarf.go,
    // dwarfGenerateDebugSyms): there is nothing to decompress for
    if (compressed && units.every((u) => u.language === LANGUAGE_GO))
      return this.byMarks(marks.map((mark, i) => (i === 0 ? { ...mark, at: 0 } : mark))).rows();
    const bytes = raw();
    return bytes && this.byContributions(bytes, marks).rows();
  }

  /** .debug_frame: each description belongs to the function that it is about. */
  private frames(bytes: Uint8Array): DebugSection["parts"] {
    const { exe } = this;
    const parts = new PlacedParts();
    this.each(bytes, parts, (cursor, start, _end, offsetSize) => {
      const id = cursor.uint(offsetSize);
      if (id === (offsetSize === 4 ? 0xffff_ffff : 2 ** 64)) parts.add(start, SHARED);
      else parts.addPlace(start, Math.max(SHARED_PLACE, cursor.uint(exe.ptrSize) - exe.imageBase));
    });
    return parts.rows();
  }

  private contributions(bytes: Uint8Array, unitOf: (cursor: Cursor, offsetSize: 4 | 8) => Unit | undefined): Parts {
    const parts = new Parts();
    this.each(bytes, parts, (cursor, start, _end, offsetSize) => {
      const unit = unitOf(cursor, offsetSize);
      parts.add(start, unit ? this.ownerOf(unit) : SHARED);
    });
    return parts;
  }

  /** Walks the parts of a section that begin with their length. What cannot be read is marked as damaged. */
  private each(
    bytes: Uint8Array,
    parts: { add(start: number, owner: number): void },
    call: (cursor: Cursor, start: number, end: number, offsetSize: 4 | 8) => void,
  ): void {
    let at = 0;
    const cursor = new Cursor(bytes, 0, bytes.length, this.exe.littleEndian);
    while (at < bytes.length) {
      try {
        cursor.at = at;
        const { offsetSize, end } = initialLength(cursor);
        // an empty part has no contents to look into: linkers pad with them
        if (end === cursor.at) parts.add(at, SHARED);
        else call(cursor, at, end, offsetSize);
        at = end;
      } catch (error) {
        if (!(error instanceof DwarfError)) throw error;
        this.warn(`a section cannot be read behind byte ${at}`);
        parts.add(at, DAMAGED);
        return;
      }
    }
  }

  /** Where the units' first pointers into a section point, in order. */
  private marks(units: readonly Unit[], pointed: Pointed, size: number): Mark[] {
    const marks: Mark[] = [];
    for (const u of units) {
      const at = u.uses[pointed];
      if (at !== undefined && at < size) marks.push({ at, owner: this.ownerOf(u) });
    }
    return marks.sort((a, b) => a.at - b.at);
  }

  /** Parts begin at the marks. */
  private byMarks(marks: readonly Mark[]): Parts {
    const parts = new Parts();
    for (let m = 0; m < marks.length; m++)
      if (m === 0 || marks[m].at > marks[m - 1].at) parts.add(marks[m].at, marks[m].owner);
    return parts;
  }

  /** Parts begin at the marks, or with the header in front of them. */
  private byContributions(bytes: Uint8Array, marks: readonly Mark[]): Parts {
    const parts = new Parts();
    let m = 0;
    this.each(bytes, parts, (_cursor, start, end) => {
      while (m < marks.length && marks[m].at < start) m++;
      // the header goes with the first that uses the contribution
      parts.add(start, m < marks.length && marks[m].at < end ? marks[m].owner : SHARED);
      for (let last = start; m < marks.length && marks[m].at < end; m++) {
        if (marks[m].at > last) parts.add(marks[m].at, marks[m].owner);
        last = marks[m].at;
      }
    });
    return parts;
  }
}

/** The unit that begins at an offset of .debug_info. */
function unitAt(units: readonly Unit[], offset: number): Unit | undefined {
  let lo = 0;
  let hi = units.length - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (units[mid].start < offset) lo = mid + 1;
    else hi = mid;
  }
  return units[lo]?.start === offset ? units[lo] : undefined;
}

/** Import path of a Go unit, "" for TinyGo's, which do not tell; everything else is C's, whatever language it is in. */
function packageOfUnit(unit: Unit): string {
  if (unit.language === LANGUAGE_GO) return unescapePath(unit.name);
  return unit.producer.startsWith("TinyGo") ? "" : FOREIGN;
}
