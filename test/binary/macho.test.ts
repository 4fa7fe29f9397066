import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NO_RVA } from "../../src/binary/executable.ts";
import { readBuildInfo } from "../../src/binary/go/buildinfo.ts";
import { openContainer, openExecutable } from "../../src/binary/open.ts";
import { goBuild } from "../fixture.ts";
import { violations } from "./invariants.ts";
import { symbolLists } from "./nm.ts";

const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));
const build = (goarch: string, ldflags?: string): string =>
  goBuild({ fixture: "hello", goos: "darwin", goarch, ...(ldflags !== undefined && { ldflags }) });

describe.each(["amd64", "arm64"])("darwin/%s", (goarch) => {
  const path = build(goarch);
  const exe = openExecutable(readBytes(path));

  test("the header's facts", () => {
    expect([exe.format, exe.os, exe.arch, exe.ptrSize, exe.type, exe.pie, exe.dynamic]).toEqual([
      "macho",
      "darwin",
      goarch,
      8,
      "exe",
      true,
      false,
    ]);
    expect(exe.imageBase).toBe(goarch === "amd64" ? 0x100_0000 : 0x1_0000_0000);
    expect(exe.buildId).toMatch(/^[0-9a-f]{32}$/);
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

  test("rebase opcodes name exactly the words that point into the image, each once", () => {
    const { count, slot, entryOffset, entrySize } = exe.relocations();
    expect(count).toBeGreaterThan(5000);
    expect(new Set(slot).size).toBe(count);
    const last = exe.regions[exe.regions.length - 1];
    let outside = 0;
    for (let i = 0; i < count; i++) {
      const r = exe.regions.find((r) => slot[i] >= r.rva && slot[i] < r.rva + r.bytes.length);
      if (!r) throw new Error(`slot ${i} is not in the file`);
      const view = new DataView(r.bytes.buffer, r.bytes.byteOffset);
      const target = Number(view.getBigUint64(slot[i] - r.rva, true)) - exe.imageBase;
      if (!(target >= 0 && target <= last.rva + last.memSize)) outside++;
    }
    expect(outside).toBe(0);
    // The entries follow each other without a gap; only what ends the list is nobody's.
    const table = exe.tables.find((t) => t.name === "rebase opcodes");
    expect(entryOffset[0]).toBe(table?.start);
    for (let i = 1; i < count; i++) expect(entryOffset[i]).toBe(entryOffset[i - 1] + entrySize[i - 1]);
  });

  test("the code signature reaches the end of what is signed", () => {
    const signature = exe.structure.find((r) => r.kind === "signature");
    // Go signs what it links for arm64 only.
    expect(signature === undefined).toBe(goarch === "amd64");
    if (signature) expect(signature.end).toBe(exe.bytes.length);
  });

  test("debug sections inflate to what they announce and are not part of the image", () => {
    const info = exe.sections.find((s) => s.name === "__zdebug_info");
    const { offset, fileSize, compressed } = info!;
    expect(info?.rva).toBe(-1);
    expect(inflateSync(exe.bytes.subarray(offset + compressed!.headerSize, offset + fileSize)).length).toBe(
      compressed?.rawSize,
    );
  });

  test("stripped, it keeps only the symbols of other libraries", () => {
    const stripped = openExecutable(readBytes(build(goarch, "-s -w")));
    const symbols = stripped.symbols();
    expect(symbols.count).toBeGreaterThan(10);
    expect(symbols.letter.every((l) => l === 0x55)).toBe(true);
    expect(symbols.rva.every((rva) => rva === NO_RVA)).toBe(true);
    expect(violations(stripped)).toEqual([]);
  });
});

const SEGMENT = 72;

/**
 * A small arm64 image at 4 GiB: __TEXT (one page), __DATA (one page) whose words the caller chooses, and chained fixups in
 * the given pointer format that start at the first word of __DATA.
 */
function chained(format: number, words: readonly bigint[], firstInPage = 0): Uint8Array<ArrayBuffer> {
  const page = 0x4000;
  const fixups = 2 * page;
  const out = new Uint8Array(2 * page + 128);
  const view = new DataView(out.buffer);
  const u32 = (at: number, ...values: number[]): void => values.forEach((v, i) => view.setUint32(at + i * 4, v, true));
  u32(0, 0xfeedfacf, 0x0100_000c, 0, 2, 4, 3 * SEGMENT + 16, 0x20_0000, 0);
  ["__TEXT", "__DATA", "__LINKEDIT"].forEach((name, i) => {
    const at = 32 + i * SEGMENT;
    u32(at, 0x19, SEGMENT);
    out.set(new TextEncoder().encode(name), at + 8);
    view.setBigUint64(at + 24, 0x1_0000_0000n + BigInt(i * page), true);
    view.setBigUint64(at + 32, BigInt(page), true);
    view.setBigUint64(at + 40, BigInt(i * page), true);
    view.setBigUint64(at + 48, BigInt(i < 2 ? page : 128), true);
    u32(at + 56, 7, [5, 3, 1][i]);
  });
  u32(32 + 3 * SEGMENT, 0x8000_0034, 16, fixups, 128);
  words.forEach((word, i) => view.setBigUint64(page + i * 8, word, true));
  // header, then starts: three segments, of which the second has one page
  u32(fixups, 0, 32, 64, 64, 0, 1, 0);
  u32(fixups + 32, 3, 0, 16, 0);
  const starts = fixups + 32 + 16;
  u32(starts, 24);
  view.setUint16(starts + 4, page, true);
  view.setUint16(starts + 6, format, true);
  view.setBigUint64(starts + 8, BigInt(page), true);
  u32(starts + 16, 0);
  view.setUint16(starts + 20, 1, true);
  view.setUint16(starts + 22, firstInPage, true);
  return out;
}

describe("chained fixups", () => {
  /** The 64-bit words of __DATA. */
  const dataWords = (bytes: Uint8Array, count: number): bigint[] => {
    const region = openExecutable(bytes).regions[1];
    const view = new DataView(region.bytes.buffer, region.bytes.byteOffset);
    return Array.from({ length: count }, (_, i) => view.getBigUint64(i * 8, true));
  };
  const next = (strides: bigint): bigint => strides << 51n;
  const bind = 1n << 63n;

  test("of plain 64-bit pointers become addresses", () => {
    // a rebase, a word that is no pointer, an import, and the chain's last rebase
    const words = [0x1_0000_1234n | next(4n), 42n, bind | 7n | next(2n), 0x1_0000_4000n];
    const bytes = chained(2, words);
    const kept = bytes.slice();
    const exe = openExecutable(bytes);
    expect(violations(exe)).toEqual([]);
    expect(dataWords(bytes, 4)).toEqual([0x1_0000_1234n, 42n, 0n, 0x1_0000_4000n]);
    expect([...exe.relocations().slot]).toEqual([0x4000, 0x4010, 0x4018]);
    expect(bytes).toEqual(kept);
  });

  test("of offsets become addresses", () => {
    const bytes = chained(6, [0x1234n | next(2n), 0x4000n]);
    expect(dataWords(bytes, 2)).toEqual([0x1_0000_1234n, 0x1_0000_4000n]);
  });

  test("of signed pointers lose their signature", () => {
    const signed = (1n << 63n) | (0xbeefn << 32n) | 0x1234n;
    expect(dataWords(chained(9, [signed | next(1n), 0x4000n]), 2)).toEqual([0x1_0000_1234n, 0x1_0000_4000n]);
  });

  test("that do not start on a page leave it alone", () => {
    expect(dataWords(chained(2, [99n], 0xffff), 1)).toEqual([99n]);
  });

  test("that leave their segment are refused", () => {
    expect(() => openExecutable(chained(2, [next(4095n)], 0x3ff8))).not.toThrow();
    expect(() => openExecutable(chained(2, [], 0x3ffc))).toThrow("chain of fixups");
    expect(() => openExecutable(chained(77, []))).toThrow("unknown pointer format");
  });
});

/** An arm64 object: __text of three instructions that form an address in __data, and __data whose word points to __text. */
function armObject(): Uint8Array<ArrayBuffer> {
  const commands = 32;
  const text = 32 + 72 + 2 * 80 + 24;
  const data = text + 12;
  const textRelocations = data + 8;
  const dataRelocations = textRelocations + 5 * 8;
  const symbols = dataRelocations + 8;
  const strings = symbols + 2 * 16;
  const out = new Uint8Array(strings + 16);
  const view = new DataView(out.buffer);
  const u32 = (at: number, ...values: number[]): void => values.forEach((v, i) => view.setUint32(at + i * 4, v, true));
  const ascii = (at: number, word: string): void => out.set(new TextEncoder().encode(word), at);
  u32(0, 0xfeedfacf, 0x0100_000c, 0, 1, 2, 72 + 2 * 80 + 24, 0, 0);
  u32(commands, 0x19, 72 + 2 * 80);
  u32(commands + 56, 7, 7, 2, 0);
  const section = (at: number, name: string, segment: string, ...rest: number[]): void => {
    ascii(at, name);
    ascii(at + 16, segment);
    view.setBigUint64(at + 32, BigInt(rest[0]), true);
    view.setBigUint64(at + 40, BigInt(rest[1]), true);
    u32(at + 48, rest[2], 3, rest[3], rest[4], rest[5]);
  };
  section(commands + 72, "__text", "__TEXT", 0, 12, text, textRelocations, 5, 0x8000_0400);
  section(commands + 152, "__data", "__DATA", 0x5238, 8, data, dataRelocations, 1, 0);
  u32(commands + 232, 2, 24, symbols, 2, strings, 16);
  // adrp x0, 0; ldr x1, [x0]; bl 0
  u32(text, 0x9000_0000, 0xf940_0001, 0x9400_0000);
  view.setBigUint64(data, 8n, true);
  // an addend of -0x30 for the page and for its offset, then the branch
  const external = 1 << 27;
  const addend = 0xffffd0 | (10 << 28);
  u32(
    textRelocations,
    4,
    addend,
    4,
    1 | external | (4 << 28) | (2 << 25),
    0,
    addend,
    0,
    1 | external | (3 << 28) | (2 << 25),
  );
  u32(textRelocations + 32, 8, external | (2 << 28) | (2 << 25));
  u32(dataRelocations, 0, external | (3 << 25));
  u32(symbols, 1, 0x0000_010f);
  u32(symbols + 16, 7, 0x0000_020f);
  view.setBigUint64(symbols + 24, 0x5238n, true);
  ascii(strings, "\0_text\0_data");
  return out;
}

describe("objects", () => {
  test("are linked: instructions and words lead to their targets", () => {
    const bytes = armObject();
    const exe = openExecutable(bytes);
    expect(violations(exe)).toEqual([]);
    expect(exe.type).toBe("object");
    const [text, data] = exe.regions.map((r) => new DataView(r.bytes.buffer, r.bytes.byteOffset));
    // 0x5238 - 0x30 = 0x5208: five pages up, then 0x208 = 8 × 0x41; the branch from 8 to 0 is two instructions back
    expect([text.getUint32(0, true), text.getUint32(4, true), text.getUint32(8, true)]).toEqual(
      [0xb000_0020, 0xf940_0001 | (0x41 << 10), 0x97ff_fffe].map((v) => v >>> 0),
    );
    expect(data.getBigUint64(0, true)).toBe(8n);
    expect([...exe.relocations().slot]).toEqual([4, 4, 0, 0, 8, 0x5238]);
    expect([exe.symbols().name(0), exe.symbols().name(1)]).toEqual(["text", "data"]);
    expect(bytes).toEqual(armObject());
  });
});

describe("fat files", () => {
  const slices = ["amd64", "arm64"].map((arch) => readBytes(build(arch, "-s -w")));

  /** A fat file with its slices on 16 KiB boundaries. */
  function fat(wide: boolean): Uint8Array<ArrayBuffer> {
    const align = 0x4000;
    const offsets: number[] = [];
    let end = align;
    for (const s of slices) {
      offsets.push(end);
      end = Math.ceil((end + s.length) / align) * align;
    }
    const out = new Uint8Array(end);
    const view = new DataView(out.buffer);
    view.setUint32(0, wide ? 0xcafebabf : 0xcafebabe);
    view.setUint32(4, slices.length);
    slices.forEach((s, i) => {
      const at = 8 + i * (wide ? 32 : 20);
      view.setUint32(at, i === 0 ? 0x0100_0007 : 0x0100_000c);
      if (wide) {
        view.setBigUint64(at + 8, BigInt(offsets[i]));
        view.setBigUint64(at + 16, BigInt(s.length));
      } else {
        view.setUint32(at + 8, offsets[i]);
        view.setUint32(at + 12, s.length);
      }
      out.set(s, offsets[i]);
    });
    return out;
  }

  test.each([false, true])("the slices of a fat file (64-bit: %s) are the executables they were", (wide) => {
    const bytes = fat(wide);
    const container = openContainer(bytes);
    expect(container?.format).toBe("fat");
    expect(container?.members.map((m) => m.name)).toEqual(["amd64", "arm64"]);
    container?.members.forEach((m, i) => {
      const slice = bytes.subarray(m.offset, m.offset + m.size);
      expect(slice).toEqual(slices[i]);
      expect(openExecutable(slice).arch).toBe(m.name);
    });
    expect(container?.structure).toEqual([
      { start: 0, end: 8 + 2 * (wide ? 32 : 20), kind: "header", name: "fat header" },
    ]);
  });

  test("a fat file that is cut, or whose slices overlap, is refused", () => {
    const bytes = fat(false);
    expect(() => openContainer(bytes.subarray(0, bytes.length - 0x8000))).toThrow("truncated");
    expect(() => openContainer(bytes.subarray(0, 20))).toThrow("truncated");
    new DataView(bytes.buffer).setUint32(8 + 20 + 8, 0x4001);
    expect(() => openContainer(bytes)).toThrow("overlap");
  });

  test("a Java class is none", () => {
    const java = new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65, 0, 10]);
    expect(openContainer(java)).toBeUndefined();
    expect(() => openExecutable(java)).toThrow("a Java class");
  });
});

describe("what is refused", () => {
  const bytes = readBytes(build("arm64"));

  test.each([
    ["inside the header", 20, "inside the Mach-O header"],
    ["inside the load commands", 300, "inside the load commands"],
    ["inside the text", 0x2000, "truncated"],
    ["inside the debug information", bytes.length - 500_000, "truncated"],
  ])("a file cut %s", (_, length, message) => {
    expect(() => openExecutable(bytes.slice(0, length))).toThrow(message);
  });

  test.each([
    [4, "core dump"],
    [10, "dSYM"],
    [99, "unknown type"],
  ])("file type %i", (type, message) => {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(12, type, true);
    expect(() => openExecutable(copy)).toThrow(message);
  });
});
