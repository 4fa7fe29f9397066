// What Go's tables do not know: C, linkage tables, sections known by name, filler. Nothing big stays without an owner.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Profile } from "../../../src/ledger/profile.ts";
import { rangeAt } from "../../../src/ledger/sweep.ts";
import { goBuild, type GoOptions } from "../../fixture.ts";
import { byPackage, bytesOf, profileFile, profileOf, rows } from "./rest.ts";

/** Share of the file that nobody owns. */
const unattributed = ({ ledger }: Profile): number =>
  bytesOf(rows(ledger).filter((r) => r.kind === "unattributed")) / ledger.size;

test.each<[string, GoOptions]>([
  ["linux/amd64", { fixture: "hello", goos: "linux", goarch: "amd64" }],
  ["linux/amd64, stripped", { fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w" }],
  ["linux/386", { fixture: "hello", goos: "linux", goarch: "386" }],
  ["linux/arm64, PIE", { fixture: "hello", goos: "linux", goarch: "arm64", flags: ["-buildmode=pie"] }],
  ["windows/amd64", { fixture: "hello", goos: "windows", goarch: "amd64" }],
  ["windows/amd64, stripped", { fixture: "hello", goos: "windows", goarch: "amd64", ldflags: "-s -w" }],
  ["darwin/arm64", { fixture: "hello", goos: "darwin", goarch: "arm64" }],
  ["darwin/amd64, stripped", { fixture: "hello", goos: "darwin", goarch: "amd64", ldflags: "-s -w" }],
])("%s: less than 0.1 %% of the bytes have no owner, and the ranges cover the file", (_name, options) => {
  const found = profileOf(options);
  const all = rows(found.ledger);
  expect(bytesOf(all)).toBe(found.ledger.size);
  all.forEach((r, i) => expect(r.start).toBe(i === 0 ? 0 : all[i - 1].end));
  expect(unattributed(found)).toBeLessThan(0.001);
});

test(".pdata follows its functions", () => {
  const { exe, ledger } = profileOf({ fixture: "hello", goos: "windows", goarch: "amd64" });
  const pdata = exe.sections.find((s) => s.name === ".pdata")!;
  const view = new DataView(exe.bytes.buffer, exe.bytes.byteOffset);
  let checked = 0;
  for (let at = pdata.offset; at + 12 <= pdata.offset + pdata.fileSize; at += 12) {
    const begin = view.getUint32(at, true);
    const region = exe.regions.find((r) => begin >= r.rva && begin < r.rva + r.bytes.length);
    if (!region || begin === 0) continue;
    const code = rangeAt(ledger, region.offset + begin - region.rva);
    expect(ledger.pkg[rangeAt(ledger, at)]).toBe(ledger.pkg[code]);
    checked++;
  }
  expect(checked).toBeGreaterThan(1000);
});

describe("C in a Go program", () => {
  let found: Profile;
  beforeAll(() => {
    found = profileFile(goBuild({ fixture: "cgo", env: { CGO_ENABLED: "1" }, ldflags: "-linkmode=external" }));
  });

  test("belongs to C by symbol, with what C brings along", () => {
    const c = rows(found.ledger).filter((r) => r.pkg === "C");
    const kinds = new Set(c.map((r) => r.kind));
    for (const kind of ["code", "rodata", "symtab", "dwarf"]) expect(kinds).toContain(kind);
    const symbols = new Set(c.map((r) => r.symbol));
    expect([...symbols].some((s) => s.startsWith("_cgo_") || s.startsWith("x_cgo_"))).toBe(true);
    for (const name of [".eh_frame", ".init"]) expect(symbols).toContain(name);
  });

  test("takes nothing from Go, and leaves nothing over", () => {
    const owners = byPackage(rows(found.ledger));
    expect(owners.get("runtime")).toBeGreaterThan(owners.get("C")! * 5);
    for (const name of owners.keys()) expect(name).not.toMatch(/^(?:crtstuff|.*@GLIBC.*)$/);
    expect(unattributed(found)).toBeLessThan(0.001);
  });
});

test("C in a stripped Go program is found beside Go's code", () => {
  const settings = { fixture: "cgo", env: { CGO_ENABLED: "1" } };
  const plain = profileFile(goBuild({ ...settings, ldflags: "-linkmode=external" }));
  const found = profileFile(goBuild({ ...settings, ldflags: "-linkmode=external -s -w" }));
  const ofC = ({ ledger }: Profile, kind: string): number =>
    bytesOf(rows(ledger).filter((r) => r.pkg === "C" && r.kind === kind));
  expect(found.stripped).toBe(true);
  for (const kind of ["code", "rodata", "relocation"]) {
    expect(ofC(plain, kind), kind).toBeGreaterThan(0);
    // functions are aligned: without symbols, what is between them counts too
    expect(Math.abs(ofC(found, kind) / ofC(plain, kind) - 1), kind).toBeLessThan(0.15);
  }
  expect(unattributed(found)).toBeLessThan(0.001);
});

describe("a program without Go", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "native-"));
    writeFileSync(
      path.join(folder, "main.c"),
      '#include <stdio.h>\nint weigh(int n) { return n * 3; }\nint main(void) { return printf("%d\\n", weigh(4)) < 0; }\n',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([["-gdwarf-2"], ["-gdwarf-3"], ["-gdwarf-4"], ["-gdwarf-5"], ["-gdwarf-5 -gz"]])(
    "%s: symbols, code and debug information are C's",
    (flags) => {
      const file = path.join(folder, `main${flags.replaceAll(" ", "")}`);
      execFileSync("cc", ["-O0", ...flags.split(" "), "-o", file, path.join(folder, "main.c")]);
      const found = profileFile(file);
      expect(found.language).toBe("other");
      expect(found.warnings).toEqual([]);
      const all = rows(found.ledger);
      expect(all).toContainEqual(expect.objectContaining({ kind: "code", pkg: "C", symbol: "weigh" }));
      expect(all).toContainEqual(expect.objectContaining({ kind: "dwarf", pkg: "C", symbol: "DWARF .debug_info" }));
      expect(all).toContainEqual(expect.objectContaining({ kind: "dwarf", pkg: "C", symbol: "DWARF .debug_line" }));
      expect(unattributed(found)).toBeLessThan(0.001);
    },
  );
});
