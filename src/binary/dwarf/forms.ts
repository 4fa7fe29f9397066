// Sizes of attribute values and the abbreviation tables that list them. Specification: DWARF 5, sections 7.5.3 to 7.5.6.
import { joined } from "../bytes.ts";

/** What decides the sizes of values in a unit. */
export interface UnitFormat {
  readonly version: number;
  readonly addressSize: number;
  /** 4 in 32-bit DWARF, 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8;
  readonly littleEndian: boolean;
}

/** Damage in debug information; never leaves the DWARF readers. */
export class DwarfError extends Error {}

export const FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  refSup4: 0x1c,
  strpSup: 0x1d,
  data16: 0x1e,
  lineStrp: 0x1f,
  refSig8: 0x20,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  refSup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  gnuAddrIndex: 0x1f01,
  gnuStrIndex: 0x1f02,
  gnuRefAlt: 0x1f20,
  gnuStrpAlt: 0x1f21,
} as const;

/** Bytes of a value whose form alone tells its size, or -1. */
export function fixedSize(form: number, unit: UnitFormat): number {
  switch (form) {
    case FORM.flagPresent:
    case FORM.implicitConst:
      return 0;
    case FORM.data1:
    case FORM.flag:
    case FORM.ref1:
    case FORM.strx1:
    case FORM.addrx1:
      return 1;
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return 2;
    case FORM.strx3:
    case FORM.addrx3:
      return 3;
    case FORM.data4:
    case FORM.ref4:
    case FORM.refSup4:
    case FORM.strx4:
    case FORM.addrx4:
      return 4;
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSig8:
    case FORM.refSup8:
      return 8;
    case FORM.data16:
      return 16;
    case FORM.addr:
      return unit.addressSize;
    case FORM.refAddr:
      return unit.version <= 2 ? unit.addressSize : unit.offsetSize;
    case FORM.strp:
    case FORM.secOffset:
    case FORM.strpSup:
    case FORM.lineStrp:
    case FORM.gnuRefAlt:
    case FORM.gnuStrpAlt:
      return unit.offsetSize;
    default:
      return -1;
  }
}

/** Values whose size is not known beforehand. */
const STEP = { uleb: -1, string: -2, block: -3, other: -4 } as const;

function stepOf(form: number): number {
  switch (form) {
    case FORM.sdata:
    case FORM.udata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.gnuAddrIndex:
    case FORM.gnuStrIndex:
      return STEP.uleb;
    case FORM.string:
      return STEP.string;
    case FORM.block:
    case FORM.exprloc:
      return STEP.block;
    default:
      return STEP.other;
  }
}

/** Bytes of a number. */
const MAX_ULEB = 10;

/** A forward reader over one section. Leaving it is a DwarfError. */
export class Cursor {
  at: number;
  readonly bytes: Uint8Array;
  readonly end: number;
  private readonly littleEndian: boolean;

  constructor(bytes: Uint8Array, at: number, end: number, littleEndian: boolean) {
    this.bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
    this.littleEndian = littleEndian;
    if (!(at >= 0 && at <= this.end)) throw new DwarfError("an offset lies outside its section");
  }

  skip(length: number): void {
    if (!(length >= 0 && this.at + length <= this.end)) throw new DwarfError("a value ends behind its unit");
    this.at += length;
  }

  /** An unsigned value of 0 to 8 bytes; above 2^53 low bits are lost. */
  uint(size: number): number {
    const from = this.at;
    this.skip(size);
    if (this.littleEndian && size === 4) return this.low32(from);
    if (this.littleEndian && size === 8) return joined(this.low32(from + 4), this.low32(from));
    let value = 0;
    if (this.littleEndian) for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[from + i];
    else for (let i = 0; i < size; i++) value = value * 256 + this.bytes[from + i];
    return value;
  }

  private low32(at: number): number {
    const { bytes } = this;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) + bytes[at + 3] * 0x100_0000;
  }

  uleb(): number {
    // most have one byte
    if (this.at < this.end && this.bytes[this.at] < 0x80) return this.bytes[this.at++];
    let value = 0;
    let factor = 1;
    for (let i = 0; i < MAX_ULEB; i++) {
      if (this.at >= this.end) throw new DwarfError("a number ends behind its unit");
      const b = this.bytes[this.at++];
      value += (b & 0x7f) * factor;
      if (b < 0x80) return value;
      factor *= 128;
    }
    throw new DwarfError("a number has too many bytes");
  }

  /** Moves behind the NUL of a string and returns where its text ends. */
  string(): number {
    const nul = this.bytes.indexOf(0, this.at);
    if (nul < 0 || nul >= this.end) throw new DwarfError("a string ends behind its unit");
    this.at = nul + 1;
    return nul;
  }

  /** Moves behind a value of any form. */
  value(form: number, unit: UnitFormat): void {
    for (let nested = 0; form === FORM.indirect; nested++) {
      if (nested > 4) throw new DwarfError("a form leads to itself");
      form = this.uleb();
    }
    const size = fixedSize(form, unit);
    if (size >= 0) return this.skip(size);
    switch (stepOf(form)) {
      case STEP.uleb:
        this.uleb();
        return;
      case STEP.string:
        this.string();
        return;
      case STEP.block:
        return this.skip(this.uleb());
    }
    switch (form) {
      case FORM.block1:
        return this.skip(this.uint(1));
      case FORM.block2:
        return this.skip(this.uint(2));
      case FORM.block4:
        return this.skip(this.uint(4));
      default:
        throw new DwarfError(`an attribute has an unknown form (${form})`);
    }
  }
}

/** One declaration: attribute names and forms in turn. */
export interface Abbreviation {
  /** [name, form, name, form …] */
  readonly attributes: readonly number[];
  /** Index into attributes of DW_AT_location with a form that may be a location list, or -1. */
  readonly location: number;
  /** Index into attributes of DW_AT_name as a string of its own, or -1. */
  readonly name: number;
  readonly tag: number;
  readonly hasChildren: boolean;
}

export const AT_LOCATION = 0x02;
export const AT_NAME = 0x03;

/** Declarations and attributes of one table; compilers stay below some thousands. */
const MAX_TABLE = 1 << 18;
/** Tables that are kept: units that share one stand together. */
const KEPT_TABLES = 4;

/** Reads the abbreviation tables of a section; their total size bounds the work. */
export class Abbreviations {
  private readonly bytes: Uint8Array;
  private readonly tables = new Map<string, AbbreviationTable>();
  private budget: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    // tables do not overlap, and are not come back to, save in files that mean harm
    this.budget = 4 * bytes.length + 4096;
  }

  at(offset: number, unit: UnitFormat): AbbreviationTable {
    const key = `${offset} ${unit.addressSize} ${unit.offsetSize} ${unit.version <= 2 ? 2 : unit.version >= 4 ? 4 : 3}`;
    let table = this.tables.get(key);
    if (table) return table;
    if (this.budget < 0) throw new DwarfError("abbreviation tables overlap");
    const cursor = new Cursor(this.bytes, offset, this.bytes.length, unit.littleEndian);
    try {
      table = readTable(cursor, unit);
    } finally {
      this.budget -= cursor.at - offset;
    }
    if (this.tables.size >= KEPT_TABLES) this.tables.clear();
    this.tables.set(key, table);
    return table;
  }
}

/** Abbreviations by code, which compilers number from 1 on. */
export class AbbreviationTable {
  /** By code of one byte: 1 if entries with it cannot be skipped without a look. */
  readonly opaque = new Uint8Array(256).fill(1);
  /** The same, and entries whose location may be a list. */
  readonly located = new Uint8Array(256).fill(1);
  /** By code of one byte: 1 if entries with it have children. */
  readonly children = new Uint8Array(SMALL_CODES);
  /** By code of one byte: where its steps begin and end. A step leads over values: so many bytes of them, or how to find out (STEP). */
  readonly first = new Uint32Array(SMALL_CODES);
  readonly end = new Uint32Array(SMALL_CODES);
  readonly steps: number[] = [];
  private readonly known = new Map<number, Abbreviation>();

  constructor() {
    // what ends a list of children
    this.opaque[0] = this.located[0] = 0;
  }

  set(code: number, abbreviation: Abbreviation, steps: readonly number[]): void {
    this.known.set(code, abbreviation);
    if (code === 0 || code >= SMALL_CODES) return;
    const isOpaque = steps.includes(STEP.other) ? 1 : 0;
    this.opaque[code] = isOpaque;
    this.located[code] = abbreviation.location >= 0 ? 1 : isOpaque;
    this.children[code] = abbreviation.hasChildren ? 1 : 0;
    this.first[code] = this.steps.length;
    for (const step of steps) this.steps.push(step);
    this.end[code] = this.steps.length;
  }

  get(code: number): Abbreviation | undefined {
    return this.known.get(code);
  }
}

/** Codes of one byte. */
const SMALL_CODES = 0x80;

/** Passes over entries. Most of what is read of debug information is only skipped: here, in time linear in its bytes. */
export class EntryWalker {
  at: number;
  /** How many lists of children are open, counted from where the walk began. */
  depth = 1;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly table: AbbreviationTable;

  constructor({ bytes, at, end }: Cursor, table: AbbreviationTable) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.table = table;
  }

  /** Passes over one entry, which ends no list; false if it has to be looked at or complained of. */
  pass(): boolean {
    const { bytes, end, table } = this;
    const code = bytes[this.at];
    if (table.opaque[code] === 1) return false;
    const next = skipValues(bytes, this.at + 1, end, table.steps, table.first[code], table.end[code]);
    if (next < 0) return false;
    this.at = next;
    this.depth += table.children[code];
    return true;
  }

  /** Passes over entries until no more than `floor` lists are open, or to one that `stop` marks, or that has to be looked at or complained of. */
  skip(stop: Uint8Array, floor: number): void {
    const { bytes, end, table } = this;
    const { children } = table;
    let { at, depth } = this;
    while (at < end && depth > floor) {
      const code = bytes[at];
      if (stop[code] === 1) break;
      if (code === 0) {
        at++;
        depth--;
        continue;
      }
      const next = skipValues(bytes, at + 1, end, table.steps, table.first[code], table.end[code]);
      if (next < 0) break;
      at = next;
      depth += children[code];
    }
    this.at = at;
    this.depth = depth;
  }
}

/** Where the values of an entry end that begin at `at`; −1 if only `Cursor.value` can tell, or has to complain. */
function skipValues(
  bytes: Uint8Array,
  at: number,
  end: number,
  steps: readonly number[],
  first: number,
  last: number,
): number {
  for (let s = first; s < last; s++) {
    const step = steps[s];
    if (step >= 0) at += step;
    else if (step === STEP.string) {
      while (at < end && bytes[at] !== 0) at++;
      at++;
    } else if (step === STEP.uleb) {
      const from = at;
      while (at < end && bytes[at] >= 0x80) at++;
      if (++at - from > MAX_ULEB) return -1;
    } else {
      // longer blocks are rare
      if (at >= end || bytes[at] >= 0x80) return -1;
      at += 1 + bytes[at];
    }
  }
  return at <= end ? at : -1;
}

function readTable(cursor: Cursor, unit: UnitFormat): AbbreviationTable {
  const table = new AbbreviationTable();
  let left = MAX_TABLE;
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return table;
    const tag = cursor.uleb();
    const hasChildren = cursor.uint(1) !== 0;
    const attributes: number[] = [];
    const steps: number[] = [];
    let location = -1;
    let named = -1;
    for (;;) {
      const name = cursor.uleb();
      const form = cursor.uleb();
      if (form === FORM.implicitConst) cursor.uleb();
      if (name === 0 && form === 0) break;
      if (--left < 0) throw new DwarfError("a table of abbreviations has too many entries");
      // before DWARF 4, section offsets had the form of plain numbers
      if (
        name === AT_LOCATION &&
        (form === FORM.secOffset || (unit.version < 4 && (form === FORM.data4 || form === FORM.data8)))
      )
        location = attributes.length;
      if (name === AT_NAME && form === FORM.string) named = attributes.length;
      attributes.push(name, form);
      const bytes = fixedSize(form, unit);
      const last = steps.length - 1;
      if (bytes < 0) steps.push(stepOf(form));
      else if (last >= 0 && steps[last] >= 0) steps[last] += bytes;
      else if (bytes > 0) steps.push(bytes);
    }
    if (--left < 0) throw new DwarfError("a table of abbreviations has too many entries");
    table.set(code, { attributes, location, name: named, tag, hasChildren }, steps);
  }
}
