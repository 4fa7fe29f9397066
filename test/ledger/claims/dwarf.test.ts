// Debug information: every byte of it has an owner, the right one, compressed or not, damaged or not.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LANGUAGE_GO, readUnits } from "../../../src/binary/dwarf/units.ts";
import { openExecutable } from "../../../src/binary/open.ts";
import { profile } from "../../../src/ledger/profile.ts";
import { inflate } from "../../../src/toolchain/inflate.ts";
import { goBuild, type GoOptions } from "../../fixture.ts";
import { byPackage, bytesOf, debugSections, profileOf, rows } from "./rest.ts";

const PLAIN: GoOptions = { fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-compressdwarf=false" };
const COMPRESSED: GoOptions = { fixture: "hello", goos: "linux", goarch: "amd64" };

describe.each<[string, GoOptions]>([
  ["ELF, plain", PLAIN],
  ["ELF, compressed", COMPRESSED],
  ["ELF, DWARF 4", { ...COMPRESSED, env: { GOEXPERIMENT: "nodwarf5" } }],
  ["ELF, big-endian", { ...COMPRESSED, goarch: "s390x" }],
  ["ELF, 32 bits", { ...COMPRESSED, goarch: "386" }],
  ["PE", { ...COMPRESSED, goos: "windows" }],
  ["Mach-O", { ...COMPRESSED, goos: "darwin", goarch: "arm64" }],
])("%s", (_name, options) => {
  const { exe, ledger, warnings } = profileOf(options);
  const sections = debugSections(exe);

  test("every debug section is debug information as a whole, and says which", () => {
    expect(sections.length).toBeGreaterThan(4);
    for (const s of sections) {
      const found = rows(ledger, s.offset, s.offset + s.fileSize);
      expect(new Set(found.map((r) => r.kind))).toEqual(new Set(["dwarf"]));
      expect(bytesOf(found)).toBe(s.fileSize);
      expect(new Set(found.map((r) => r.symbol)).size).toBe(1);
      expect(found[0].symbol).toMatch(/^DWARF \.debug_[a-z_]+$/);
    }
    expect(warnings).toEqual([]);
  });

  test("units, lines and lists belong to packages", () => {
    for (const s of sections) {
      if (!/debug_(?:info|line|loc|loclists|ranges|rnglists|frame|addr)$/.test(s.name)) continue;
      const owners = byPackage(rows(ledger, s.offset, s.offset + s.fileSize));
      for (const pkg of ["main", "fmt", "runtime"]) expect(owners.get(pkg) ?? 0, `${s.name} ${pkg}`).toBeGreaterThan(0);
      expect((owners.get("") ?? 0) / s.fileSize).toBeLessThan(0.02);
    }
  });
});

test("compressed sections are shared out as their contents are", () => {
  const plain = profileOf(PLAIN);
  const small = profileOf(COMPRESSED);
  for (const s of debugSections(small.exe)) {
    if (!s.compressed) continue;
    const twin = debugSections(plain.exe).find((p) => p.name === s.name);
    expect(twin?.fileSize).toBe(s.compressed.rawSize);
    const raw = byPackage(rows(plain.ledger, twin!.offset, twin!.offset + twin!.fileSize));
    const shares = byPackage(rows(small.ledger, s.offset, s.offset + s.fileSize));
    for (const [pkg, bytes] of raw) {
      const expected = (bytes * s.fileSize) / s.compressed.rawSize;
      expect(Math.abs((shares.get(pkg) ?? 0) - expected), `${s.name} ${pkg}`).toBeLessThanOrEqual(1);
    }
  }
});

test("line tables and lists that Go's linker has compressed are shared out unread", () => {
  const small = profileOf(COMPRESSED);
  const bytes = small.exe.bytes.slice();
  const unread = debugSections(small.exe).filter((s) => s.compressed && /debug_(?:line|loc|range|rng)/.test(s.name));
  expect(unread.length).toBeGreaterThan(2);
  for (const s of unread) bytes.fill(0x55, s.offset + s.compressed!.headerSize, s.offset + s.fileSize);
  const { ledger, warnings } = profile(bytes, { inflate });
  expect(warnings).toEqual(small.warnings);
  for (const { offset, fileSize } of unread)
    expect(rows(ledger, offset, offset + fileSize)).toEqual(rows(small.ledger, offset, offset + fileSize));
});

test("without a decompressor, compressed sections belong to nobody", () => {
  const { exe, ledger } = profile(new Uint8Array(readFileSync(goBuild(COMPRESSED))));
  const info = exe.sections.find((s) => s.name === ".debug_info");
  expect(info?.compressed).toBeDefined();
  expect([...byPackage(rows(ledger, info!.offset, info!.offset + info!.fileSize)).keys()]).toEqual([""]);
});

describe("units", () => {
  const exe = openExecutable(new Uint8Array(readFileSync(goBuild(PLAIN))));
  const section = (name: string): Uint8Array | undefined => {
    const s = exe.sections.find((s) => s.name === `.debug_${name}`);
    return s && exe.bytes.subarray(s.offset, s.offset + s.fileSize);
  };
  const info = section("info")!;

  test("cover .debug_info and name their packages", () => {
    const { units, length, damaged } = readUnits(info, section, true);
    expect(length).toBe(info.length);
    expect(damaged).toBe(0);
    units.forEach((u, i) => expect(u.start).toBe(i === 0 ? 0 : units[i - 1].end));
    expect(new Set(units.map((u) => u.language).filter((l) => l === LANGUAGE_GO)).size).toBe(1);
    expect(units.map((u) => u.name)).toEqual(expect.arrayContaining(["main", "fmt", "runtime", "internal/abi"]));
  });

  test("the runtime's unit lists the program's types, each with its package's bytes", () => {
    const { ledger } = profileOf(PLAIN);
    const at = exe.sections.find((s) => s.name === ".debug_info")!.offset;
    const types = readUnits(info, section, true).units.flatMap((u) => (u.types ? [u.types] : []));
    const packageOf = (name: string): string => {
      const entry = at + Buffer.from(info).indexOf(`${name}\0`, types[0].start[0]);
      return rows(ledger, entry, entry + 1)[0].pkg;
    };
    expect(packageOf("fmt.pp")).toBe("fmt");
    expect(packageOf("*os.File")).toBe("os");
    expect(packageOf("uint8")).toBe("runtime");
  });

  test("damage costs the unit that it is in, not the ones behind it", () => {
    const whole = readUnits(info, section, true);
    const hurt = info.slice();
    const victim = whole.units[3];
    hurt[victim.start + 4] = 0x7f; // version
    const read = readUnits(hurt, section, true);
    expect(read.damaged).toBe(1);
    expect(read.units.map((u) => u.end)).toEqual(whole.units.map((u) => u.end));
    expect(read.units[4].name).toBe(whole.units[4].name);
  });

  test("a section of empty units is no list of units", () => {
    expect(readUnits(new Uint8Array(1 << 20), section, true)).toEqual({ units: [], length: 1 << 20, damaged: 0 });
  });

  test("a length that lies ends the list", () => {
    const hurt = info.slice();
    const { units } = readUnits(info, section, true);
    hurt.set([0xff, 0xff, 0xff, 0x7f], units[5].start);
    expect(readUnits(hurt, section, true).length).toBe(units[5].start);
  });
});

describe("damaged files", () => {
  const file = new Uint8Array(readFileSync(goBuild(PLAIN)));
  const exe = openExecutable(file);

  test.each(["abbrev", "info", "line", "frame", "rnglists", "loclists", "addr"])(
    "garbage in .debug_%s stays inside the debug sections",
    (name) => {
      const s = exe.sections.find((s) => s.name === `.debug_${name}`)!;
      for (let seed = 1; seed <= 4; seed++) {
        const hurt = file.slice();
        let x = seed;
        for (let i = s.offset; i < s.offset + s.fileSize; i += 1 + seed * 97) {
          x = (Math.imul(x, 1103515245) + 12345) >>> 0;
          hurt[i] = x >>> 24;
        }
        const { ledger } = profile(hurt, { inflate });
        const found = rows(ledger, s.offset, s.offset + s.fileSize);
        expect(new Set(found.map((r) => r.kind))).toEqual(new Set(["dwarf"]));
        expect(bytesOf(rows(ledger))).toBe(file.length);
      }
    },
    60_000,
  );

  test("what cannot be read behind the damage is called damaged", () => {
    const s = exe.sections.find((s) => s.name === ".debug_line")!;
    const hurt = file.slice();
    hurt.set([0xfe, 0xff, 0xff, 0x7f], s.offset);
    const { ledger, warnings } = profile(hurt, { inflate });
    expect(rows(ledger, s.offset, s.offset + s.fileSize)).toMatchObject([{ pkg: "", symbol: "DWARF (damaged)" }]);
    expect(warnings.join()).toMatch(/debug information/);
  });

  test("a stream that cannot be decompressed, or announces too much, costs its section only", () => {
    const small = new Uint8Array(readFileSync(goBuild(COMPRESSED)));
    const s = openExecutable(small).sections.find((s) => s.name === ".debug_info")!;
    const garbage = small.slice();
    garbage.fill(0x55, s.offset + s.compressed!.headerSize, s.offset + s.fileSize);
    const liar = small.slice();
    new DataView(liar.buffer).setUint32(s.offset + 8, s.fileSize * 100, true);
    for (const hurt of [garbage, liar]) {
      const { ledger, warnings } = profile(hurt, { inflate });
      expect(rows(ledger, s.offset, s.offset + s.fileSize)).toMatchObject([
        { kind: "dwarf", pkg: "", symbol: "DWARF (damaged)" },
      ]);
      expect(warnings.length).toBeGreaterThan(0);
    }
  });
});
