// The compilation units of .debug_info: whose they are, and where their parts of the other sections begin.
// Specification: DWARF 5, sections 7.5.1 and 3.1.1 (and DWARF 2 to 4); what Go writes: GOROOT/src/cmd/link/internal/ld/dwarf.go.
import { text } from "../bytes.ts";
import { TypeNames } from "../go/symbolname.ts";
import {
  type Abbreviation,
  type AbbreviationTable,
  Abbreviations,
  AT_NAME,
  Cursor,
  DwarfError,
  EntryWalker,
  FORM,
  type UnitFormat,
} from "./forms.ts";

/** Sections that units point into. */
export const POINTED = ["line", "ranges", "locations", "addresses", "stringOffsets", "macros"] as const;
export type Pointed = (typeof POINTED)[number];

export interface Unit {
  /** Range in .debug_info. */
  readonly start: number;
  readonly end: number;
  /** DW_AT_name: an import path in Go, a file name elsewhere; "" if it is missing. */
  readonly name: string;
  readonly producer: string;
  /** DW_AT_language, 0 if it is missing. */
  readonly language: number;
  readonly version: number;
  /** Offset of the first byte that the unit is known to use of each section. */
  readonly uses: Readonly<Partial<Record<Pointed, number>>>;
  /**
   * Go puts the types of the whole program into the runtime's unit: where in .debug_info those of another package begin, and the package
   * that their names tell; "" from entries on that describe no type, or one of no package.
   */
  readonly types?: { readonly start: readonly number[]; readonly package: readonly string[] };
}

export interface Units {
  readonly units: readonly Unit[];
  /** Bytes of the section that are whole units; what follows cannot be read. */
  readonly length: number;
  /** Units whose attributes cannot be read. */
  readonly damaged: number;
}

/** Sections beside .debug_info, decompressed; asked for on first use. */
export type Lookup = (name: "abbrev" | "str" | "line_str" | "str_offsets") => Uint8Array | undefined;

export const LANGUAGE_GO = 0x16;
const MAX_NAME = 4096;
/** Bounds on lists that a decompressed section of nothing but headers would make endless. */
const MAX_UNITS = 1 << 18;
const MAX_TYPES = 1 << 20;
/** Text of units that may be longer than the units themselves. */
const MAX_TEXT = 1 << 20;

const AT_STMT_LIST = 0x10;
const AT_LANGUAGE = 0x13;
const AT_PRODUCER = 0x25;
const AT_RANGES = 0x55;
const AT_STR_OFFSETS_BASE = 0x72;
const AT_ADDR_BASE = 0x73;
const AT_RNGLISTS_BASE = 0x74;
const AT_MACROS = 0x79;
const AT_LOCLISTS_BASE = 0x8c;
const AT_MACRO_INFO = 0x43;
const AT_GNU_MACROS = 0x2119;
const AT_GNU_ADDR_BASE = 0x2133;

/** Which section an attribute of a unit points into. */
const POINTERS: Readonly<Record<number, Pointed>> = {
  [AT_STMT_LIST]: "line",
  [AT_RANGES]: "ranges",
  [AT_RNGLISTS_BASE]: "ranges",
  [AT_LOCLISTS_BASE]: "locations",
  [AT_ADDR_BASE]: "addresses",
  [AT_GNU_ADDR_BASE]: "addresses",
  [AT_STR_OFFSETS_BASE]: "stringOffsets",
  [AT_MACROS]: "macros",
  [AT_MACRO_INFO]: "macros",
  [AT_GNU_MACROS]: "macros",
};

/** Length of a part of a section, as its first word tells: the header's own size, and where the part ends. */
export function initialLength(cursor: Cursor): { offsetSize: 4 | 8; end: number } {
  let length = cursor.uint(4);
  let offsetSize: 4 | 8 = 4;
  if (length === 0xffff_ffff) {
    offsetSize = 8;
    length = cursor.uint(8);
  } else if (length >= 0xffff_fff0) throw new DwarfError("a part of a section has a reserved length");
  const end = cursor.at + length;
  if (end > cursor.end) throw new DwarfError("a part of a section is longer than the section");
  return { offsetSize, end };
}

/**
 * Reads the headers of all units, the attributes of their first entries, and of the entries below them as many as it takes to find the
 * unit's first location list. `types` tells that the section is .debug_types (DWARF 4). Linear in the section; never throws.
 */
export function readUnits(info: Uint8Array, lookup: Lookup, littleEndian: boolean, types = false): Units {
  const units: Unit[] = [];
  const abbreviations = new Abbreviations(lookup("abbrev") ?? new Uint8Array(0));
  // attributes without bytes of their own could make an entry endless
  const work = { left: 2 * info.length + 65536 };
  const strings = new Strings(lookup, 2 * info.length + MAX_TEXT);
  let at = 0;
  let damaged = 0;
  while (at < info.length && units.length < MAX_UNITS) {
    let cursor: Cursor;
    let head: { offsetSize: 4 | 8; end: number };
    try {
      cursor = new Cursor(info, at, info.length, littleEndian);
      head = initialLength(cursor);
    } catch (error) {
      if (!(error instanceof DwarfError)) throw error;
      break;
    }
    if (head.end === cursor.at) {
      // padding between units
      at = head.end;
      continue;
    }
    const draft: Draft = { name: "", producer: "", language: 0, version: 0, uses: {} };
    try {
      readUnit(new Cursor(info, cursor.at, head.end, littleEndian), head.offsetSize, {
        abbreviations,
        lookup,
        strings,
        littleEndian,
        types,
        draft,
        work,
      });
    } catch (error) {
      if (!(error instanceof DwarfError)) throw error;
      damaged++;
    }
    units.push({ start: at, end: head.end, ...draft });
    at = head.end;
  }
  return { units, length: at, damaged };
}

interface Draft {
  name: string;
  producer: string;
  language: number;
  version: number;
  uses: Partial<Record<Pointed, number>>;
  types?: { start: number[]; package: string[] };
}

interface Reading {
  readonly abbreviations: Abbreviations;
  readonly lookup: Lookup;
  readonly strings: Strings;
  readonly littleEndian: boolean;
  readonly types: boolean;
  readonly draft: Draft;
  readonly work: { left: number };
}

function readUnit(cursor: Cursor, offsetSize: 4 | 8, reading: Reading): void {
  const { draft } = reading;
  const version = (draft.version = cursor.uint(2));
  if (version < 2 || version > 5) throw new DwarfError(`DWARF ${version} is not known`);
  const unitType = version >= 5 ? cursor.uint(1) : 0;
  let addressSize = version >= 5 ? cursor.uint(1) : 0;
  const abbreviationsAt = cursor.uint(offsetSize);
  if (version < 5) addressSize = cursor.uint(1);
  if (addressSize > 8) throw new DwarfError("an address has more than eight bytes");
  // DW_UT_skeleton and DW_UT_split_compile have an id, type units a signature and an offset
  if (unitType === 4 || unitType === 5) cursor.skip(8);
  else if (unitType === 2 || unitType === 6 || reading.types) cursor.skip(8 + offsetSize);
  const format: UnitFormat = { version, addressSize, offsetSize, littleEndian: reading.littleEndian };
  const table = reading.abbreviations.at(abbreviationsAt, format);
  const top = table.get(cursor.uleb());
  if (!top) throw new DwarfError("an entry has an unknown abbreviation");
  reading.work.left -= top.attributes.length / 2;
  if (reading.work.left < 0) throw new DwarfError("entries have more attributes than bytes");
  readTop(cursor, top, format, reading);
  const children = cursor.at;
  if (draft.uses.locations === undefined && !reading.types) {
    const found = firstLocation(cursor, table, format, reading.work);
    if (found >= 0) draft.uses.locations = found;
  }
  if (draft.language === LANGUAGE_GO && draft.name === "runtime" && top.hasChildren) {
    cursor.at = children;
    draft.types = { start: [], package: [] };
    readTypes(cursor, table, format, reading.work, draft.types);
  }
}

function readTop(cursor: Cursor, top: Abbreviation, format: UnitFormat, reading: Reading): void {
  const { draft } = reading;
  const late: { set: (value: string) => void; index: number }[] = [];
  let base = -1;
  for (let i = 0; i < top.attributes.length; i += 2) {
    const name = top.attributes[i];
    const form = top.attributes[i + 1];
    if (name === AT_NAME || name === AT_PRODUCER) {
      const set = (value: string): void => {
        if (name === AT_NAME) draft.name = value;
        else draft.producer = value;
      };
      readString(cursor, form, format, reading, set, (index) => late.push({ set, index }));
    } else if (name === AT_LANGUAGE && (form === FORM.data1 || form === FORM.data2 || form === FORM.udata)) {
      draft.language = form === FORM.udata ? cursor.uleb() : cursor.uint(form === FORM.data1 ? 1 : 2);
    } else if (POINTERS[name] && (form === FORM.secOffset || form === FORM.data4 || form === FORM.data8)) {
      const size = form === FORM.data4 ? 4 : form === FORM.data8 ? 8 : format.offsetSize;
      const value = cursor.uint(size);
      const known = draft.uses[POINTERS[name]];
      draft.uses[POINTERS[name]] = known === undefined ? value : Math.min(known, value);
      if (name === AT_STR_OFFSETS_BASE) base = value;
    } else cursor.value(form, format);
  }
  if (late.length === 0) return;
  const table = reading.lookup("str_offsets");
  if (!table) return;
  for (const { set, index } of late) {
    // without a base the table has its usual header
    const from = (base >= 0 ? base : format.offsetSize * 2) + index * format.offsetSize;
    const entry = new Cursor(table, from, table.length, format.littleEndian);
    set(reading.strings.at("str", entry.uint(format.offsetSize)));
  }
}

/** A string attribute; those that stand in a table of offsets wait until the table's base is known. */
function readString(
  cursor: Cursor,
  form: number,
  format: UnitFormat,
  reading: Reading,
  set: (value: string) => void,
  wait: (index: number) => void,
): void {
  switch (form) {
    case FORM.string: {
      const from = cursor.at;
      const to = cursor.string();
      set(text(cursor.bytes.subarray(from, Math.min(to, from + MAX_NAME))));
      return;
    }
    case FORM.strp:
      set(reading.strings.at("str", cursor.uint(format.offsetSize)));
      return;
    case FORM.lineStrp:
      set(reading.strings.at("line_str", cursor.uint(format.offsetSize)));
      return;
    case FORM.strx:
      wait(cursor.uleb());
      return;
    case FORM.strx1:
    case FORM.strx2:
    case FORM.strx3:
    case FORM.strx4:
      wait(cursor.uint(form - FORM.strx1 + 1));
      return;
    default:
      cursor.value(form, format);
  }
}

/** Strings of other sections, each decoded once. Overlapping ones could be longer in sum than anything: what is beyond the budget is "". */
class Strings {
  private readonly lookup: Lookup;
  private budget: number;
  private readonly known = { str: new Map<number, string>(), line_str: new Map<number, string>() };

  constructor(lookup: Lookup, budget: number) {
    this.lookup = lookup;
    this.budget = budget;
  }

  at(name: "str" | "line_str", offset: number): string {
    let found = this.known[name].get(offset);
    if (found !== undefined) return found;
    const section = this.lookup(name);
    if (!section || offset >= section.length || this.budget < 0) return "";
    const window = section.subarray(offset, offset + MAX_NAME);
    const nul = window.indexOf(0);
    found = text(nul < 0 ? window : window.subarray(0, nul));
    this.budget -= found.length;
    this.known[name].set(offset, found);
    return found;
  }
}

/** Less than any number of open lists. */
const NO_FLOOR = -(1 << 30);

/** Offset of the first location list that an entry names, or -1. */
function firstLocation(cursor: Cursor, table: AbbreviationTable, format: UnitFormat, work: { left: number }): number {
  const walker = new EntryWalker(cursor, table);
  for (;;) {
    walker.skip(table.located, NO_FLOOR);
    cursor.at = walker.at;
    if (cursor.at >= cursor.end) return -1;
    const entry = entryAt(cursor, table, work);
    if (entry === undefined) return -1;
    for (let i = 0; i < entry.attributes.length; i += 2) {
      const form = entry.attributes[i + 1];
      if (i === entry.location) {
        return cursor.uint(form === FORM.data4 ? 4 : form === FORM.data8 ? 8 : format.offsetSize);
      }
      cursor.value(form, format);
    }
    walker.at = cursor.at;
  }
}

/** The abbreviation of the entry at the cursor, which moves on to the values; undefined if there were too many. */
function entryAt(cursor: Cursor, table: AbbreviationTable, work: { left: number }): Abbreviation | undefined {
  const entry = table.get(cursor.uleb());
  if (!entry) throw new DwarfError("an entry has an unknown abbreviation");
  work.left -= 1 + entry.attributes.length / 2;
  return work.left < 0 ? undefined : entry;
}

/** DW_TAG_* of types. */
const IS_TYPE = new Uint8Array(256);
for (const tag of [0x01, 0x02, 0x04, 0x0f, 0x13, 0x15, 0x16, 0x17, 0x24, 0x38, 0x3b]) IS_TYPE[tag] = 1;

/** By code of one byte: 1 for types whose first value is their name, as compilers put it. */
function namedTypes(table: AbbreviationTable): Uint8Array {
  return table.opaque.map((opaque, code) => {
    const entry = table.get(code);
    return opaque === 0 && entry !== undefined && IS_TYPE[entry.tag] === 1 && entry.name === 0 ? 1 : 0;
  });
}

/** Finds the packages of the types among a unit's entries of the first level. */
function readTypes(
  cursor: Cursor,
  table: AbbreviationTable,
  format: UnitFormat,
  work: { left: number },
  out: { start: number[]; package: string[] },
): void {
  const { bytes } = cursor;
  const names = new TypeNames(bytes);
  const packageAt = (from: number): string => names.packageAt(from, Math.min(cursor.end, from + MAX_NAME));
  const isNamed = namedTypes(table);
  const walker = new EntryWalker(cursor, table);
  let last: string | undefined;
  for (;;) {
    // what stands below the first level
    walker.skip(table.opaque, 1);
    const start = walker.at;
    if (start >= cursor.end) return;
    const isFirst = walker.depth === 1;
    if (isFirst && bytes[start] === 0) return;
    let found = "";
    if (isFirst && isNamed[bytes[start]] === 1) found = packageAt(start + 1);
    if (!walker.pass()) {
      cursor.at = start;
      const entry = entryAt(cursor, table, work);
      if (entry === undefined) return;
      const wanted = isFirst && IS_TYPE[entry.tag] === 1 ? entry.name : -1;
      for (let i = 0; i < entry.attributes.length; i += 2) {
        if (i === wanted) found = packageAt(cursor.at);
        cursor.value(entry.attributes[i + 1], format);
      }
      walker.at = cursor.at;
      if (entry.hasChildren) walker.depth++;
    }
    if (!isFirst || found === last) continue;
    if (out.start.length > MAX_TYPES) return;
    last = found;
    out.start.push(start);
    out.package.push(found);
  }
}
