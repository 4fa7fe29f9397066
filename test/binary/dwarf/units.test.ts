// Compilation units written by hand: every version, word size and byte order, and the damage that no compiler makes.
import { describe, expect, test } from "vitest";
import { FORM } from "../../../src/binary/dwarf/forms.ts";
import { type Lookup, readUnits } from "../../../src/binary/dwarf/units.ts";

const AT = {
  location: 0x02,
  name: 0x03,
  stmtList: 0x10,
  language: 0x13,
  producer: 0x25,
  ranges: 0x55,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  loclistsBase: 0x8c,
};
const COMPILE_UNIT = 0x11;
const VARIABLE = 0x34;

/** How the bytes of a unit are written. */
interface Style {
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly littleEndian: boolean;
}

class Writer {
  readonly bytes: number[] = [];
  private readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  uint(value: number, size: number): this {
    const digits = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
    this.bytes.push(...(this.littleEndian ? digits : digits.toReversed()));
    return this;
  }

  uleb(value: number): this {
    for (; value > 127; value = Math.floor(value / 128)) this.bytes.push((value % 128) | 128);
    this.bytes.push(value);
    return this;
  }

  string(value: string): this {
    this.bytes.push(...new TextEncoder().encode(value), 0);
    return this;
  }
}

type Attribute = readonly [name: number, form: number];

/** The declaration of one abbreviation. */
function declaration(code: number, tag: number, attributes: readonly Attribute[]): number[] {
  const w = new Writer(true).uleb(code).uleb(tag).uint(1, 1);
  for (const [name, form] of attributes) {
    w.uleb(name).uleb(form);
    if (form === FORM.implicitConst) w.uleb(1);
  }
  return w.uleb(0).uleb(0).bytes;
}

/** A unit whose entries are given as bytes. */
function unit(
  { version, offsetSize, littleEndian }: Style,
  entries: (w: Writer) => void,
  abbreviationsAt = 0,
): number[] {
  const body = new Writer(littleEndian).uint(version, 2);
  if (version >= 5) body.uint(1, 1).uint(8, 1).uint(abbreviationsAt, offsetSize);
  else body.uint(abbreviationsAt, offsetSize).uint(8, 1);
  entries(body);
  const head = new Writer(littleEndian);
  if (offsetSize === 8) head.uint(0xffff_ffff, 4);
  return [...head.uint(body.bytes.length, offsetSize).bytes, ...body.bytes];
}

const bytes = (list: Iterable<number>): Uint8Array => Uint8Array.from(list);
const sections =
  (all: Partial<Record<Parameters<Lookup>[0], Uint8Array>>): Lookup =>
  (name) =>
    all[name];

const styles: Style[] = [2, 3, 4, 5].flatMap((version) =>
  ([4, 8] as const).flatMap((offsetSize) =>
    [true, false].map((littleEndian) => ({ version, offsetSize, littleEndian })),
  ),
);

describe.each(styles)("DWARF $version, offsets of $offsetSize bytes, little-endian: $littleEndian", (style) => {
  const { version, offsetSize, littleEndian } = style;
  const offset = version >= 4 ? FORM.secOffset : offsetSize === 8 ? FORM.data8 : FORM.data4;

  test("names, language and offsets, in the unit and below it", () => {
    const abbrev = bytes([
      ...declaration(1, COMPILE_UNIT, [
        [AT.producer, FORM.strp],
        [AT.language, FORM.data2],
        [AT.name, FORM.string],
        [AT.stmtList, offset],
        [AT.ranges, offset],
      ]),
      ...declaration(2, VARIABLE, [
        [AT.name, FORM.string],
        [AT.location, FORM.block1],
      ]),
      ...declaration(3, VARIABLE, [
        [0x2001, FORM.udata],
        [AT.location, offset],
      ]),
      0,
    ]);
    const write = (name: string, at: number) =>
      unit(style, (w) => {
        w.uleb(1)
          .uint(3, offsetSize)
          .uint(0x16, 2)
          .string(name)
          .uint(at, offsetSize)
          .uint(at * 2, offsetSize);
        w.uleb(2).string("x").uint(2, 1).uint(0xabcd, 2);
        w.uleb(3)
          .uleb(70000)
          .uint(at * 3, offsetSize);
        w.uleb(3)
          .uleb(1)
          .uint(at * 3 + 9, offsetSize);
        w.uleb(0);
      });
    const first = write("fmt", 0);
    const second = write("gopkg.in/yaml%2ev3", 1000);
    const info = bytes([...first, ...second]);
    const str = bytes(new Writer(true).string("??").string("Go cmd/compile").bytes);
    const read = readUnits(info, sections({ abbrev, str }), littleEndian);
    expect(read).toMatchObject({ length: info.length, damaged: 0 });
    expect(read.units).toMatchObject([
      {
        start: 0,
        end: first.length,
        name: "fmt",
        producer: "Go cmd/compile",
        language: 0x16,
        version,
        uses: { line: 0, ranges: 0, locations: 0 },
      },
      {
        start: first.length,
        end: info.length,
        name: "gopkg.in/yaml%2ev3",
        uses: { line: 1000, ranges: 2000, locations: 3000 },
      },
    ]);
  });

  if (version === 5)
    test("strings by index, whose table is named behind them, and strings of line tables", () => {
      const abbrev = bytes([
        ...declaration(1, COMPILE_UNIT, [
          [AT.name, FORM.strx1],
          [AT.producer, FORM.lineStrp],
          [AT.language, FORM.implicitConst],
          [AT.strOffsetsBase, FORM.secOffset],
          [AT.addrBase, FORM.secOffset],
          [AT.loclistsBase, FORM.secOffset],
        ]),
        0,
      ]);
      const base = 2 * offsetSize + 1;
      const info = bytes(
        unit(style, (w) =>
          w.uleb(1).uint(1, 1).uint(4, offsetSize).uint(base, offsetSize).uint(8, offsetSize).uint(12, offsetSize),
        ),
      );
      const table = new Writer(littleEndian).uint(0, base).uint(0, offsetSize).uint(5, offsetSize);
      const read = readUnits(
        info,
        sections({
          abbrev,
          str: bytes(new Writer(true).string("no, ").string("main.c").bytes),
          line_str: bytes(new Writer(true).string("no,").string("clang").bytes),
          str_offsets: bytes(table.bytes),
        }),
        littleEndian,
      );
      expect(read.damaged).toBe(0);
      expect(read.units).toMatchObject([
        { name: "main.c", producer: "clang", uses: { stringOffsets: base, addresses: 8, locations: 12 } },
      ]);
    });
});

const plain: Style = { version: 4, offsetSize: 4, littleEndian: true };
const named = declaration(1, COMPILE_UNIT, [[AT.name, FORM.strp]]);

describe("damage", () => {
  test("costs the unit that it is in, not those behind it", () => {
    const abbrev = bytes([...named, ...declaration(2, COMPILE_UNIT, [[AT.name, 0x7e]]), 0]);
    const str = bytes(new Writer(true).string("main").bytes);
    const good = unit(plain, (w) => w.uleb(1).uint(0, 4));
    for (const bad of [
      unit({ ...plain, version: 9 }, (w) => w.uleb(1).uint(0, 4)),
      unit(plain, (w) => w.uleb(1).uint(0, 4), 1 << 20), // abbreviations outside their section
      unit(plain, (w) => w.uleb(7)), // an abbreviation that is not there
      unit(plain, (w) => w.uleb(2)), // a form that is not known
      unit(plain, (w) => w.uleb(1).uint(0, 2)), // cut
      unit(plain, (w) => w.bytes.push(...Array.from({ length: 12 }, () => 0xff))), // a number without an end
    ]) {
      const read = readUnits(bytes([...good, ...bad, ...good]), sections({ abbrev, str }), true);
      expect(read).toMatchObject({ length: 2 * good.length + bad.length, damaged: 1 });
      expect(read.units.map((u) => u.name)).toEqual(["main", "", "main"]);
    }
  });

  test("ends the list where a length leaves the section", () => {
    const abbrev = bytes([...named, 0]);
    const good = unit(plain, (w) => w.uleb(1).uint(0, 4));
    for (const tail of [
      [0xff, 0xff, 0xff, 0x7f, 4, 0],
      [0xf4, 0xff, 0xff, 0xff, 4, 0], // reserved
      [0xff, 0xff, 0xff, 0xff, 9, 9, 9, 9, 9, 9, 9, 9, 4, 0],
      [1, 0, 0],
    ]) {
      const read = readUnits(bytes([...good, ...tail]), sections({ abbrev }), true);
      expect(read.length).toBe(good.length);
      expect(read.units.length).toBe(1);
    }
  });

  test("without abbreviations or strings, units have no names", () => {
    const info = bytes(unit(plain, (w) => w.uleb(1).uint(0, 4)));
    expect(readUnits(info, sections({}), true)).toMatchObject({ length: info.length, damaged: 1 });
    expect(readUnits(info, sections({ abbrev: bytes([...named, 0]) }), true).units).toMatchObject([{ name: "" }]);
  });
});

/** Lets a file be as hostile as its size allows: work must stay in proportion. Each takes minutes or gigabytes if it does not. */
describe("malice", () => {
  const units = (count: number, one: number[]): Uint8Array => {
    const all = new Uint8Array(count * one.length);
    for (let i = 0; i < count; i++) all.set(one, i * one.length);
    return all;
  };
  const small = unit(plain, (w) => w.uleb(1));
  const MANY = 100_000;

  test("one endless list of attributes without bytes, used by all units", () => {
    const flags = Array.from({ length: 200_000 }, () => [0x3f, FORM.flagPresent] as const);
    const abbrev = bytes([...declaration(1, COMPILE_UNIT, flags), 0]);
    const read = readUnits(units(MANY, small), sections({ abbrev }), true);
    expect(read.damaged).toBeGreaterThan(MANY / 2);
  });

  test("a table of abbreviations that does not end, read for each unit", () => {
    const abbrev = bytes(declaration(1, COMPILE_UNIT, [[0x3f, FORM.flagPresent]]).slice(0, -2));
    const endless = new Uint8Array(1 << 20).fill(0x3f);
    endless.set(abbrev);
    const read = readUnits(units(MANY, small), sections({ abbrev: endless }), true);
    expect(read.damaged).toBe(MANY);
  });

  test("tables that all begin somewhere in one another", () => {
    const one = declaration(1, COMPILE_UNIT, [[0x3f, FORM.flagPresent]]);
    const abbrev = units(200_000, one);
    const info = new Uint8Array(MANY * small.length);
    for (let i = 0; i < MANY; i++)
      info.set(
        unit(plain, (w) => w.uleb(1), i * one.length),
        i * small.length,
      );
    expect(readUnits(info, sections({ abbrev }), true).damaged).toBeGreaterThan(MANY / 2);
  });

  test("units of no length", () => {
    const before = process.memoryUsage().heapUsed;
    const read = readUnits(new Uint8Array(1 << 24), sections({ abbrev: bytes([...named, 0]) }), true);
    expect(read.length).toBe(1 << 24);
    expect(read.units.length).toBeLessThan(1000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1 << 27);
  });

  test("long names that all units share", () => {
    const str = new Uint8Array(200_000).fill(0x61);
    const one = unit(plain, (w) => w.uleb(1).uint(0, 4));
    const info = new Uint8Array(MANY * one.length);
    for (let i = 0; i < MANY; i++)
      info.set(
        unit(plain, (w) => w.uleb(1).uint(i, 4)),
        i * one.length,
      );
    const { units: found } = readUnits(info, sections({ abbrev: bytes([...named, 0]), str }), true);
    expect(found.length).toBeGreaterThan(0);
    expect(found.reduce((sum, u) => sum + u.name.length, 0)).toBeLessThan(8 * info.length + (1 << 21));
  });
});
