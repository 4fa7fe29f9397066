import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/binary/bytes.ts";
import { type Executable, imageBytes, NO_RVA } from "../../src/binary/executable.ts";
import { readBuildInfo } from "../../src/binary/go/buildinfo.ts";
import { openExecutable } from "../../src/binary/open.ts";
import { goBuild } from "../fixture.ts";
import { violations } from "./invariants.ts";
import { symbolLists } from "./nm.ts";

const found = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const readelf = found("readelf");
const cgo = found("gcc") && process.platform === "linux" && process.arch === "x64";
const oracle = (...words: string[]): string => execFileSync("readelf", words, { encoding: "utf8", maxBuffer: 1 << 28 });

const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));
const open = (path: string): Executable => openExecutable(readBytes(path));

/** Slots of the run-time relocations by readelf: plain tables print "offset info …", RELR prints bare addresses. */
function slotsByReadelf(path: string): number[] {
  const out: number[] = [];
  for (const line of oracle("-rW", path).split("\n")) {
    const match = /^([0-9a-f]{8,16})(?:$|\s+[0-9a-f]{8,16}\s+R_)/.exec(line);
    if (match) out.push(parseInt(match[1], 16));
  }
  return out.sort((a, b) => a - b);
}

const slots = (exe: Executable): number[] =>
  Array.from(exe.relocations().slot, (rva) => (rva === NO_RVA ? -1 : rva + exe.imageBase)).sort((a, b) => a - b);

describe.each([
  ["linux", "amd64", 8, true],
  ["linux", "386", 4, true],
  ["linux", "arm", 4, true],
  ["linux", "arm64", 8, true],
  ["linux", "riscv64", 8, true],
  ["linux", "loong64", 8, true],
  ["linux", "ppc64", 8, false],
  ["linux", "ppc64le", 8, true],
  ["linux", "s390x", 8, false],
  ["linux", "mips", 4, false],
  ["linux", "mipsle", 4, true],
  ["linux", "mips64", 8, false],
  ["linux", "mips64le", 8, true],
  ["freebsd", "amd64", 8, true],
  ["netbsd", "arm64", 8, true],
  ["openbsd", "amd64", 8, true],
  ["dragonfly", "amd64", 8, true],
  ["solaris", "amd64", 8, true],
  ["android", "arm64", 8, true],
] as const)("%s/%s", (goos, goarch, ptrSize, littleEndian) => {
  const path = goBuild({ fixture: "hello", goos, goarch });
  const exe = open(path);

  test("the header's facts", () => {
    // dragonfly's executables carry no mark of their own unless they are dynamic
    expect([exe.format, exe.os, exe.arch, exe.ptrSize, exe.littleEndian, exe.type]).toEqual([
      "elf",
      goos === "dragonfly" ? exe.os : goos,
      goarch,
      ptrSize,
      littleEndian,
      "exe",
    ]);
    expect(exe.warnings).toEqual([]);
    expect(exe.packed).toBeUndefined();
    expect(readBuildInfo(exe)?.path).toBe("fixture/hello");
  });

  test("the model's promises", () => {
    expect(violations(exe)).toEqual([]);
    expect(exe.regions.every((r) => r.bytes.buffer === exe.bytes.buffer)).toBe(true);
  });

  test("symbols are those of go tool nm", () => {
    const { ours, theirs } = symbolLists(exe, path, true);
    expect(ours.length).toBeGreaterThan(1000);
    expect(ours).toEqual(theirs);
  });

  test.runIf(readelf)("sections are those of readelf", () => {
    const rows = [...oracle("-SW", path).matchAll(/^ +\[ *\d+\] (\S+) +(\S+) +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)/gm)];
    const theirs = rows
      .filter((r) => r[2] !== "NULL")
      .map((r) => [r[1], parseInt(r[4], 16), parseInt(r[5], 16), parseInt(r[3], 16)]);
    const ours = exe.sections.map((s, i) => [
      s.name,
      s.offset,
      s.size,
      s.rva < 0 ? theirs[i][3] : s.rva + exe.imageBase,
    ]);
    expect(ours).toEqual(theirs);
    expect(exe.sections.filter((s) => s.rva >= 0).length).toBeGreaterThan(8);
  });

  test.runIf(readelf)("symbols of every section are where readelf has them", () => {
    const theirs = [
      ...oracle("-sW", path)
        .replace(/^[^]*'\.symtab'/, "")
        .matchAll(/^ *\d+: ([0-9a-f]+) +(\S+) (?:FUNC|OBJECT|NOTYPE) +\S+ +\S+ +\d+ (\S+)$/gm),
    ].map((m) => `${parseInt(m[1], 16)} ${Number(m[2])} ${m[3]}`);
    const table = exe.symbols();
    const ours = new Set(
      Array.from(
        { length: table.count },
        (_, i) => `${table.rva[i] + exe.imageBase} ${table.size[i]} ${table.name(i)}`,
      ),
    );
    expect(theirs.filter((row) => !row.endsWith("...") && !ours.has(row))).toEqual([]);
  });
});

describe("compressed sections", () => {
  test("announce the length that they inflate to", () => {
    const exe = open(goBuild({ fixture: "hello" }));
    const compressed = exe.sections.filter((s) => s.compressed);
    expect(compressed.map((s) => s.name)).toContain(".debug_info");
    for (const { offset, fileSize, compressed: c } of compressed) {
      const stream = exe.bytes.subarray(offset + (c?.headerSize ?? 0), offset + fileSize);
      expect(inflateSync(stream).length).toBe(c?.rawSize);
    }
  });

  test("of the old kind carry their length in front", () => {
    const exe = open(goBuild({ fixture: "hello", toolchain: "go1.16.15" }));
    const info = exe.sections.find((s) => s.name === ".zdebug_info");
    expect(info?.compressed?.method).toBe("zlib");
    const stream = exe.bytes.subarray((info?.offset ?? 0) + 12, (info?.offset ?? 0) + (info?.fileSize ?? 0));
    expect(inflateSync(stream).length).toBe(info?.compressed?.rawSize);
  });

  test("that lie about it are left alone with a warning", () => {
    const bytes = readBytes(goBuild({ fixture: "hello" }));
    const before = openExecutable(bytes).sections.findIndex((s) => s.name === ".debug_info");
    const { offset } = openExecutable(bytes).sections[before];
    new DataView(bytes.buffer).setUint32(offset + 12, 1, true);
    const exe = openExecutable(bytes);
    expect(exe.sections[before].compressed).toBeUndefined();
    expect(exe.warnings).toEqual(["a compressed section announces more than its bytes can hold"]);
  });
});

describe("position-independent executables", () => {
  const path = goBuild({ fixture: "hello", flags: ["-buildmode=pie"] });
  const exe = open(path);

  test("say so, and keep their relocations by slot", () => {
    expect([exe.pie, exe.dynamic, exe.type]).toEqual([true, true, "exe"]);
    expect(violations(exe)).toEqual([]);
    expect(exe.relocations().count).toBeGreaterThan(5000);
    if (readelf) expect(slots(exe)).toEqual(slotsByReadelf(path));
  });

  test("whose words were left empty by the linker get them from the relocations, in a copy", () => {
    const emptied = exe.bytes.slice();
    const relocations = exe.relocations();
    for (let i = 0; i < relocations.count; i++) {
      const region = exe.regions.find(
        (r) => relocations.slot[i] >= r.rva && relocations.slot[i] < r.rva + r.bytes.length,
      );
      const at = (region?.offset ?? 0) + relocations.slot[i] - (region?.rva ?? 0);
      emptied.fill(0, at, at + 8);
    }
    const kept = emptied.slice();
    const filled = openExecutable(emptied);
    expect(filled.regions.map((r) => r.bytes)).toEqual(exe.regions.map((r) => r.bytes));
    expect(emptied).toEqual(kept);
    const copied = filled.regions.map((r) => r.bytes.buffer !== emptied.buffer);
    expect(copied).toEqual(exe.regions.map((r) => relocations.slot.some((s) => s >= r.rva && s < r.rva + r.memSize)));
  });

  test("without section headers tell the same from their segments", () => {
    const cut = exe.bytes.slice();
    const view = new DataView(cut.buffer);
    view.setBigUint64(0x28, 0n, true);
    view.setUint32(0x3c, 0, true);
    const bare = openExecutable(cut);
    expect(violations(bare)).toEqual([]);
    expect(bare.sections).toEqual([]);
    expect(bare.regions.slice(1)).toEqual(exe.regions.slice(1));
    expect(bare.relocations().slot).toEqual(exe.relocations().slot);
    expect(bare.pie).toBe(true);
    expect(readBuildInfo(bare)).toEqual(readBuildInfo(exe));
  });
});

describe("stripped executables", () => {
  test("have no symbols, and every section in range", () => {
    const exe = open(goBuild({ fixture: "hello", ldflags: "-s -w" }));
    expect(exe.symbols().count).toBe(0);
    expect(exe.tables).toEqual([]);
    expect(violations(exe)).toEqual([]);
    const text = exe.sections.find((s) => s.name === ".text");
    expect(imageBytes(exe.regions, text?.rva ?? 0, text?.size ?? 0)).toEqual(
      exe.bytes.subarray(text?.offset, (text?.offset ?? 0) + (text?.size ?? 0)),
    );
  });

  test("cut off behind the last segment open by their segments", () => {
    const whole = open(goBuild({ fixture: "hello" }));
    const last = whole.regions[whole.regions.length - 1];
    const bytes = whole.bytes.slice(0, last.offset + last.bytes.length);
    // sstrip also clears the header's fields
    new DataView(bytes.buffer).setBigUint64(0x28, 0n, true);
    const exe = openExecutable(bytes);
    expect(exe.regions.map((r) => [r.rva, r.memSize])).toEqual(whole.regions.map((r) => [r.rva, r.memSize]));
    expect(exe.sections).toEqual([]);
  });
});

describe("packed executables", () => {
  const bytes = readBytes(goBuild({ fixture: "hello", ldflags: "-s -w" }));
  const mark = new TextEncoder().encode("UPX!");
  const sectionless = (edit: (copy: Uint8Array, view: DataView) => void): Executable => {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    view.setBigUint64(0x28, 0n, true);
    edit(copy, view);
    return openExecutable(copy);
  };

  test("bear the mark of UPX behind their program headers or at their end, and have no sections", () => {
    const behind = 64 + 56 * new DataView(bytes.buffer).getUint16(0x38, true);
    expect(sectionless((copy) => copy.set(mark, behind + 4)).packed).toBe("UPX");
    expect(sectionless((copy) => copy.set(mark, copy.length - 36)).packed).toBe("UPX");
    expect(sectionless((copy) => copy.set(mark, 0x2000)).packed).toBeUndefined();
    const named = bytes.slice();
    named.set(mark, named.length - 36);
    expect(openExecutable(named).packed).toBeUndefined();
  });
});

describe.runIf(cgo)("external links", () => {
  test("an executable with C in it", () => {
    const path = goBuild({ fixture: "cgo", env: { CGO_ENABLED: "1" } });
    const exe = open(path);
    expect([exe.type, exe.dynamic, exe.os]).toEqual(["exe", true, "linux"]);
    expect(violations(exe)).toEqual([]);
    expect(exe.buildId).toMatch(/^[0-9a-f]{40}$/);
    const { ours, theirs } = symbolLists(exe, path, true);
    expect(ours).toEqual(theirs);
    if (readelf) {
      expect(oracle("-nW", path)).toContain(`Build ID: ${exe.buildId}`);
      expect(slots(exe)).toEqual(slotsByReadelf(path));
    }
  });

  test.runIf(readelf)("packed relative relocations (RELR)", () => {
    const path = goBuild({
      fixture: "cgo",
      flags: ["-buildmode=pie"],
      ldflags: "-linkmode=external -extldflags=-Wl,-z,pack-relative-relocs",
      env: { CGO_ENABLED: "1" },
    });
    const exe = open(path);
    expect(exe.sections.map((s) => s.name)).toContain(".relr.dyn");
    expect(violations(exe)).toEqual([]);
    expect(slots(exe)).toEqual(slotsByReadelf(path));
    // Entries cover their table exactly once, however many slots one patches.
    const relr = exe.sections.find((s) => s.name === ".relr.dyn");
    const { count, entryOffset, entrySize } = exe.relocations();
    let covered = 0;
    for (let i = 0; i < count; i++) {
      const at = entryOffset[i] - (relr?.offset ?? 0);
      if (at >= 0 && at < (relr?.fileSize ?? 0)) covered += entrySize[i];
    }
    expect(covered).toBe(relr?.fileSize);
  });

  test("a plugin, whose pointers are relocations against its own symbols", () => {
    const exe = open(goBuild({ fixture: "cgo", flags: ["-buildmode=plugin"], env: { CGO_ENABLED: "1" } }));
    expect([exe.type, exe.pie]).toEqual(["shared", false]);
    expect(violations(exe)).toEqual([]);
    // A type's first word of a pointer type is its element: with the words left zero no pointer in the data would be mapped.
    const symbols = exe.symbols();
    const index = Array.from({ length: symbols.count }, (_, i) => symbols.name(i)).indexOf("type:*int");
    expect(index).toBeGreaterThanOrEqual(0);
    const type = imageBytes(exe.regions, symbols.rva[index], 56);
    const elem = Number(new DataView(type!.buffer, type!.byteOffset).getBigUint64(48, true));
    const target = Array.from(symbols.rva).findIndex(
      (rva, i) => rva === elem - exe.imageBase && symbols.name(i) === "type:int",
    );
    expect(target).toBeGreaterThanOrEqual(0);
  });

  test("a C shared library", () => {
    const path = goBuild({ fixture: "cgo", flags: ["-buildmode=c-shared"], env: { CGO_ENABLED: "1" } });
    const exe = open(path);
    expect([exe.type, exe.pie, exe.dynamic]).toEqual(["shared", false, true]);
    expect(violations(exe)).toEqual([]);
    if (readelf) expect(slots(exe)).toEqual(slotsByReadelf(path));
  });
});

describe("what is refused", () => {
  const bytes = readBytes(goBuild({ fixture: "hello" }));
  const patched = (edit: (view: DataView) => void): (() => Executable) => {
    const copy = bytes.slice();
    edit(new DataView(copy.buffer));
    return () => openExecutable(copy);
  };

  test.each([
    ["inside the header", 20, "ends inside the ELF header"],
    ["inside the program headers", 100, "ends inside the program headers"],
    ["inside the text", 0x2000, "the file is truncated"],
  ])("a file cut %s", (_, length, message) => {
    expect(() => openExecutable(bytes.slice(0, length))).toThrow(InputError);
    expect(() => openExecutable(bytes.slice(0, length))).toThrow(message);
  });

  test("a core dump", () => {
    expect(patched((v) => v.setUint16(16, 4, true))).toThrow("core dump");
  });

  test("an unknown byte order", () => {
    expect(patched((v) => v.setUint8(5, 3))).toThrow("ELF header is damaged");
  });

  test("segments that overlap in memory, or span 4 GiB", () => {
    // Program headers stand at 64, 56 bytes each; the third and fourth are the first two that are loaded.
    const address = 64 + 3 * 56 + 16;
    const view = new DataView(bytes.buffer);
    expect(patched((v) => v.setBigUint64(address, view.getBigUint64(64 + 2 * 56 + 16, true), true))).toThrow(
      "overlaps",
    );
    expect(patched((v) => v.setBigUint64(address, 1n << 40n, true))).toThrow("4 GiB");
    expect(patched((v) => v.setBigUint64(address + 24, 1n << 63n, true))).toThrow("4 GiB");
  });

  test("packed relocations that name a slot again and again", () => {
    // One section becomes a RELR table that lies over the whole text and names 63 words for each of its own.
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const text = openExecutable(bytes).sections.findIndex((s) => s.name === ".text");
    const header = Number(view.getBigUint64(0x28, true)) + (text + 1) * 64;
    view.setUint32(header + 4, 19, true);
    copy.fill(0xff, 0x1000, 0x1000 + Number(view.getBigUint64(header + 32, true)));
    expect(() => openExecutable(copy).relocations()).toThrow("more slots than the file has words");
  });

  test("more segments than fit", () => {
    expect(patched((v) => v.setUint16(0x38, 0xfffe, true))).toThrow("program headers");
  });
});
