import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Executable, NO_RVA } from "../../src/binary/executable.ts";
import { readBuildInfo } from "../../src/binary/go/buildinfo.ts";
import { openExecutable } from "../../src/binary/open.ts";
import { goBuild } from "../fixture.ts";
import { violations } from "./invariants.ts";
import { symbolLists } from "./nm.ts";

const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));

/** objdump, if there is one that knows PE; "" otherwise. */
function objdump(...words: string[]): string {
  try {
    return execFileSync("objdump", words, {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return "";
  }
}

/** Where the word at an RVA stands in the file. */
function fileOffset(exe: Executable, rva: number): number {
  const r = exe.regions.find((r) => rva >= r.rva && rva < r.rva + r.bytes.length);
  return (r?.offset ?? NaN) + rva - (r?.rva ?? 0);
}

describe.each([
  ["amd64", 8],
  ["386", 4],
  ["arm64", 8],
] as const)("windows/%s", (goarch, ptrSize) => {
  const path = goBuild({ fixture: "hello", goos: "windows", goarch });
  const exe = openExecutable(readBytes(path));

  test("the header's facts", () => {
    expect([exe.format, exe.os, exe.arch, exe.ptrSize, exe.type, exe.dynamic]).toEqual([
      "pe",
      "windows",
      goarch,
      ptrSize,
      "exe",
      false,
    ]);
    expect(exe.warnings).toEqual([]);
    expect(readBuildInfo(exe)?.path).toBe("fixture/hello");
  });

  test("the model's promises", () => {
    expect(violations(exe)).toEqual([]);
  });

  test("symbols are those of go tool nm", () => {
    const { ours, theirs } = symbolLists(exe, path, false);
    expect(ours.length).toBeGreaterThan(1000);
    expect(ours).toEqual(theirs);
  });

  test("debug sections have their long names, and inflate to what they announce", () => {
    const info = exe.sections.find((s) => s.name === ".zdebug_info");
    const { offset, fileSize, compressed } = info!;
    expect(info?.rva).toBe(-1);
    expect(inflateSync(exe.bytes.subarray(offset + compressed!.headerSize, offset + fileSize)).length).toBe(
      compressed?.rawSize,
    );
  });

  test("base relocations point at words that point into the image", () => {
    const { count, slot } = exe.relocations();
    expect(count).toBeGreaterThan(5000);
    const view = new DataView(exe.bytes.buffer);
    const last = exe.regions[exe.regions.length - 1];
    let outside = 0;
    for (let i = 0; i < count; i++) {
      const at = fileOffset(exe, slot[i]);
      const target = (ptrSize === 8 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true)) - exe.imageBase;
      if (!(slot[i] !== NO_RVA && target >= 0 && target <= last.rva + last.memSize)) outside++;
    }
    expect(outside).toBe(0);
  });
});

describe("against objdump", () => {
  const path = goBuild({ fixture: "hello", goos: "windows", goarch: "amd64" });
  const exe = openExecutable(readBytes(path));

  test.runIf(objdump("-h", path))("sections", () => {
    const theirs = [
      ...objdump("-h", path).matchAll(/^ +\d+ (\S+) +([0-9a-f]+)  ([0-9a-f]+)  [0-9a-f]+  ([0-9a-f]+)/gm),
    ].map((m) => [m[1], parseInt(m[3], 16), parseInt(m[4], 16)]);
    const ours = exe.sections.map((s, i) => [s.name, s.rva < 0 ? theirs[i][1] : s.rva + exe.imageBase, s.offset]);
    expect(ours).toEqual(theirs);
  });

  test.runIf(objdump("-p", path))("base relocations", () => {
    const theirs: number[] = [];
    let page = 0;
    for (const line of objdump("-p", path).split("\n")) {
      const block = /^Virtual Address: ([0-9a-f]+)/.exec(line);
      if (block) page = parseInt(block[1], 16);
      const entry = /^\treloc +\d+ offset +([0-9a-f]+) \[[0-9a-f]+\] (\S+)/.exec(line);
      if (entry && entry[2] !== "ABSOLUTE") theirs.push(page + parseInt(entry[1], 16));
    }
    expect(theirs.length).toBeGreaterThan(5000);
    expect([...exe.relocations().slot]).toEqual(theirs);
  });
});

describe("what is not the program's", () => {
  const bytes = readBytes(goBuild({ fixture: "hello", goos: "windows", goarch: "amd64", ldflags: "-s -w" }));

  test("a stripped executable keeps no symbols, and its padding is zero", () => {
    const exe = openExecutable(bytes);
    expect(exe.symbols().count).toBe(0);
    expect(violations(exe)).toEqual([]);
    const padding = exe.structure.filter((r) => r.kind === "padding");
    expect(padding.length).toBeGreaterThan(4);
    expect(padding.every((r) => bytes.subarray(r.start, r.end).every((b) => b === 0))).toBe(true);
    expect(exe.structure.map((r) => r.name)).toContain("import table");
  });

  test("an Authenticode signature behind the program", () => {
    const signed = new Uint8Array(bytes.length + 4096);
    signed.set(bytes);
    signed.fill(7, bytes.length);
    const view = new DataView(signed.buffer);
    // The fifth data directory: a file offset and a size.
    const directory = view.getUint32(0x3c, true) + 24 + 112 + 4 * 8;
    view.setUint32(directory, bytes.length, true);
    view.setUint32(directory + 4, 4096, true);
    const exe = openExecutable(signed);
    expect(exe.structure.at(-1)).toEqual({
      start: bytes.length,
      end: bytes.length + 4096,
      kind: "signature",
      name: "Authenticode signature",
    });
  });

  test("names of the sections that UPX makes", () => {
    const packed = bytes.slice();
    const view = new DataView(packed.buffer);
    const first = view.getUint32(0x3c, true) + 24 + view.getUint16(view.getUint32(0x3c, true) + 20, true);
    packed.set(new TextEncoder().encode("UPX0\0"), first);
    packed.set(new TextEncoder().encode("UPX1\0\0"), first + 40);
    expect(openExecutable(packed).packed).toBe("UPX");
    expect(openExecutable(bytes).packed).toBeUndefined();
  });

  test("a DLL", () => {
    const dll = bytes.slice();
    const view = new DataView(dll.buffer);
    const flags = view.getUint32(0x3c, true) + 22;
    view.setUint16(flags, view.getUint16(flags, true) | 0x2000, true);
    expect(openExecutable(dll).type).toBe("shared");
  });
});

/** A COFF object with .text (8 bytes, one relocation), .bss, a symbol with a short and one with a long name. */
function coffObject(): Uint8Array<ArrayBuffer> {
  const text = 20 + 2 * 40;
  const relocations = text + 8;
  const symbols = relocations + 10;
  const strings = symbols + 3 * 18;
  const name = new TextEncoder().encode("runtime.aLongFunctionName\0");
  const out = new Uint8Array(strings + 4 + name.length);
  const view = new DataView(out.buffer);
  const ascii = (at: number, word: string): void => out.set(new TextEncoder().encode(word), at);
  view.setUint16(0, 0x8664, true);
  view.setUint16(2, 2, true);
  view.setUint32(8, symbols, true);
  view.setUint32(12, 3, true);
  ascii(20, ".text");
  view.setUint32(20 + 16, 8, true);
  view.setUint32(20 + 20, text, true);
  view.setUint32(20 + 24, relocations, true);
  view.setUint16(20 + 32, 1, true);
  view.setUint32(20 + 36, 0x6050_0020, true);
  ascii(60, ".bss");
  view.setUint32(60 + 16, 64, true);
  view.setUint32(60 + 36, 0xc050_0080, true);
  // four bytes into .text: the distance to the symbol in .bss
  view.setUint32(relocations, 4, true);
  view.setUint32(relocations + 4, 2, true);
  view.setUint16(relocations + 8, 4, true);
  // "short" in .text with one auxiliary record, and a long name in .bss
  ascii(symbols, "short");
  view.setInt16(symbols + 12, 1, true);
  out[symbols + 17] = 1;
  view.setUint32(symbols + 36 + 4, 4, true);
  view.setUint32(symbols + 36 + 8, 16, true);
  view.setInt16(symbols + 36 + 12, 2, true);
  view.setUint32(strings, 4 + name.length, true);
  out.set(name, strings + 4);
  return out;
}

describe("COFF objects", () => {
  test("have their sections laid out, and relocations by slot", () => {
    const exe = openExecutable(coffObject());
    expect(violations(exe)).toEqual([]);
    expect([exe.type, exe.arch, exe.imageBase]).toEqual(["object", "amd64", 0]);
    expect(exe.regions.map((r) => [r.rva, r.bytes.length, r.memSize, r.executable])).toEqual([
      [4096, 8, 8, true],
      [4112, 0, 64, false],
    ]);
    expect([...exe.relocations().slot]).toEqual([4100]);
    const text = new DataView(exe.regions[0].bytes.buffer);
    expect(4096 + 4 + 4 + text.getInt32(4, true)).toBe(4128);
    const symbols = exe.symbols();
    expect([symbols.name(0), symbols.name(1)]).toEqual(["short", "runtime.aLongFunctionName"]);
    expect(String.fromCharCode(...symbols.letter)).toBe("TB");
    expect([...symbols.rva]).toEqual([4096, 4128]);
    expect([...symbols.size]).toEqual([8, 48]);
  });
});

describe("what is refused", () => {
  const bytes = readBytes(goBuild({ fixture: "hello", goos: "windows", goarch: "amd64" }));

  test.each([
    ["inside the DOS header", 100, "before the PE header"],
    ["inside the PE header", 200, "inside the PE header"],
    ["inside the symbol table's section", bytes.length - 400_000, "truncated"],
    ["inside the text", 0x2000, "truncated"],
  ])("a file cut %s", (_, length, message) => {
    expect(() => openExecutable(bytes.slice(0, length))).toThrow(message);
  });

  test("a table of 65,535 sections that are all the same", () => {
    const at = new DataView(bytes.buffer).getUint32(0x3c, true);
    const first = at + 24 + 240;
    const many = new Uint8Array(first + 65_535 * 40 + 0x1000);
    many.set(bytes.subarray(0, first));
    const view = new DataView(many.buffer);
    view.setUint16(at + 6, 65_535, true);
    view.setUint32(at + 12, 0, true);
    for (let i = 0; i < 65_535; i++) {
      view.setUint32(first + i * 40 + 8, 0x1000, true);
      view.setUint32(first + i * 40 + 12, 0x1000, true);
      view.setUint32(first + i * 40 + 36, 0x4000_0040, true);
    }
    expect(() => openExecutable(many)).toThrow("the program has 65535 segments");
  });

  test("a DOS program", () => {
    const dos = bytes.slice();
    dos[128] = 0x4e;
    expect(() => openExecutable(dos)).toThrow("DOS program");
  });
});
