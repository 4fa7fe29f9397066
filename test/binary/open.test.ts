import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/binary/bytes.ts";
import { imageBytes, regionAt } from "../../src/binary/executable.ts";
import { readBuildInfo } from "../../src/binary/go/buildinfo.ts";
import { openContainer, openExecutable } from "../../src/binary/open.ts";
import { goBuild } from "../fixture.ts";
import { violations } from "./invariants.ts";

const ascii = (word: string): Uint8Array => new TextEncoder().encode(word);

function hasGcc(): boolean {
  try {
    execFileSync("gcc", ["--version"], { stdio: "ignore" });
    return process.platform === "linux" && process.arch === "x64";
  } catch {
    return false;
  }
}

describe("what is no executable is called by its name", () => {
  test.each([
    ["the file is empty", new Uint8Array(0)],
    ["a script", ascii("#!/bin/sh\necho\n")],
    ["text", ascii("package main\n")],
    ["text", ascii("\tblank\r\n")],
    ["a gzip file", new Uint8Array(gzipSync("x"))],
    ["a zip file", ascii("PK\x03\x04rest")],
    ["an AIX executable", new Uint8Array([1, 0xf7, 0, 5])],
    ["a Plan 9 executable", new Uint8Array([0, 0, 0x8a, 0x97, 1])],
    ["zeros", new Uint8Array(1000)],
    ["a tar archive", Uint8Array.from({ length: 512 }, (_, i) => [..."ustar"][i - 257]?.charCodeAt(0) ?? 0x80)],
    ["data of an unknown format", new Uint8Array([9, 0, 200])],
    ["an archive, whose members", ascii("!<arch>\n")],
  ])("%s", (message, bytes) => {
    expect(() => openExecutable(bytes)).toThrow(InputError);
    expect(() => openExecutable(bytes)).toThrow(message);
  });
});

test("a Buffer is read without being changed", () => {
  const buffer = readFileSync(goBuild({ fixture: "hello", flags: ["-buildmode=pie"] }));
  const kept = Buffer.from(buffer);
  expect(violations(openExecutable(buffer))).toEqual([]);
  expect(buffer.equals(kept)).toBe(true);
});

/** An archive of members (name field, contents). */
function archive(...members: readonly (readonly [string, string])[]): Uint8Array {
  const text = members.map(([name, body]) => {
    const head = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"644".padEnd(8)}`;
    return `${head}${String(body.length).padEnd(10)}\`\n${body}${body.length % 2 ? "\n" : ""}`;
  });
  return ascii(`!<arch>\n${text.join("")}`);
}

describe("archives", () => {
  const contents = (bytes: Uint8Array): string[] =>
    openContainer(bytes)!.members.map(
      (m) => `${m.name}=${new TextDecoder().decode(bytes.subarray(m.offset, m.offset + m.size))}`,
    );

  test("GNU: symbol index, long names, odd sizes", () => {
    const bytes = archive(
      ["/", "index"],
      ["//", "a-very-long-member-name.o/\nother/\n"],
      ["go.o/", "abc"],
      ["/0", "de"],
    );
    expect(contents(bytes)).toEqual(["go.o=abc", "a-very-long-member-name.o=de"]);
  });

  test("BSD: names in front of the contents", () => {
    const bytes = archive(["__.SYMDEF SORTED", "xx"], ["#1/12", "long name.o\0contents"], ["go.o", "abcd"]);
    expect(contents(bytes)).toEqual(["long name.o=contents", "go.o=abcd"]);
  });

  test("every byte is a member's or the archive's", () => {
    const bytes = archive(["/", "index"], ["go.o/", "abc"], ["b.o/", "d"]);
    const { members, structure } = openContainer(bytes)!;
    const covered = new Uint8Array(bytes.length);
    for (const r of structure) covered.fill(1, r.start, r.end);
    for (const m of members) covered.fill(1, m.offset, m.offset + m.size);
    expect(covered.indexOf(0)).toBe(-1);
  });

  test("what the Go compiler writes is told apart", () => {
    expect(() => openContainer(archive(["__.PKGDEF", "go object linux amd64"]))).toThrow("Go package archive");
  });

  test("damaged ones are refused", () => {
    const bytes = archive(["go.o/", "abcdef"]);
    expect(() => openContainer(bytes.subarray(0, bytes.length - 2))).toThrow("truncated");
    expect(() => openContainer(bytes.subarray(0, 40))).toThrow("truncated");
    expect(() => openContainer(archive(["#1/99", "abc"]))).toThrow("name is damaged");
    const size = bytes.slice();
    size.set(ascii("-1"), 8 + 48);
    expect(() => openContainer(size)).toThrow("header is damaged");
  });

  test.runIf(hasGcc())("a C archive that Go built", () => {
    const bytes = new Uint8Array(
      readFileSync(goBuild({ fixture: "cgo", flags: ["-buildmode=c-archive"], env: { CGO_ENABLED: "1" } })),
    );
    const { members } = openContainer(bytes)!;
    expect(members.length).toBeGreaterThan(5);
    for (const m of members) {
      const exe = openExecutable(bytes.subarray(m.offset, m.offset + m.size));
      expect([exe.type, exe.arch]).toEqual(["object", "amd64"]);
      expect(violations(exe)).toEqual([]);
    }
    const go = members.find((m) => m.name === "go.o")!;
    const exe = openExecutable(bytes.subarray(go.offset, go.offset + go.size));
    expect(readBuildInfo(exe)?.path).toBe("fixture/cgo");
    const symbols = exe.symbols();
    const names = Array.from({ length: symbols.count }, (_, i) => symbols.name(i));
    const main = names.indexOf("main.main");
    const text = exe.sections.find((s) => s.name === ".text")!;
    expect(symbols.rva[main]).toBeGreaterThanOrEqual(text.rva);
    expect(symbols.rva[main] + symbols.size[main]).toBeLessThanOrEqual(text.rva + text.size);
    expect(exe.relocations().count).toBeGreaterThan(10_000);
    // The image is linked: the module's own table of packages' data leads to the functions.
    const module = exe.sections.find((s) => s.name === ".go.module")!;
    const pclntab = exe.sections.find((s) => s.name === ".gopclntab")!;
    const words = imageBytes(exe.regions, module.rva, module.size)!;
    const word = (i: number): number => Number(new DataView(words.buffer, words.byteOffset).getBigUint64(i * 8, true));
    expect([word(0), word(22), word(23)]).toEqual([
      pclntab.rva,
      symbols.rva[names.indexOf("runtime.text")],
      symbols.rva[names.indexOf("runtime.etext")],
    ]);
    // Code leads to data: every reference of main.main ends inside the image, some of them at a symbol.
    const body = imageBytes(exe.regions, symbols.rva[main], symbols.size[main])!;
    const view = new DataView(body.buffer, body.byteOffset);
    const targets = Array.from(exe.relocations().slot)
      .filter((slot) => slot > symbols.rva[main] && slot < symbols.rva[main] + symbols.size[main])
      .filter((slot) => (body[slot - symbols.rva[main] - 1] & 0xc7) === 5)
      .map((slot) => slot + 4 + view.getInt32(slot - symbols.rva[main], true));
    expect(targets.length).toBeGreaterThan(2);
    expect(targets.filter((rva) => regionAt(exe.regions, rva) === undefined)).toEqual([]);
    expect(targets.some((rva) => symbols.rva.includes(rva))).toBe(true);
  });
});
