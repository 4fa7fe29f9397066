// Run-time relocations: each entry stands with the owner of the word that it patches.
import { describe, expect, test } from "vitest";
import { NO_RVA } from "../../../src/binary/executable.ts";
import { rangeAt } from "../../../src/ledger/sweep.ts";
import type { GoOptions } from "../../fixture.ts";
import { byPackage, bytesOf, profileOf, rows } from "./rest.ts";

describe.each<[string, GoOptions]>([
  ["ELF", { fixture: "hello", goos: "linux", goarch: "amd64", flags: ["-buildmode=pie"] }],
  ["PE", { fixture: "hello", goos: "windows", goarch: "amd64" }],
  ["Mach-O", { fixture: "hello", goos: "darwin", goarch: "amd64" }],
])("%s", (_name, options) => {
  const { exe, ledger } = profileOf(options);
  const relocations = exe.relocations();

  test("entries follow their slots", () => {
    let checked = 0;
    for (let i = 0; i < relocations.count; i++) {
      const slot = relocations.slot[i];
      if (slot === NO_RVA || relocations.entrySize[i] === 0) continue;
      const region = exe.regions.find((r) => slot >= r.rva && slot < r.rva + r.bytes.length);
      if (!region) continue;
      const owner = rangeAt(ledger, region.offset + slot - region.rva);
      if (ledger.pkg[owner] === 0) continue;
      const entry = rangeAt(ledger, relocations.entryOffset[i]);
      expect(ledger.packages.get(ledger.pkg[entry])).toBe(ledger.packages.get(ledger.pkg[owner]));
      checked++;
    }
    expect(checked).toBeGreaterThan(50);
  });

  test("the tables are relocations as a whole, most of them a package's", () => {
    const tables = exe.tables.filter((t) => t.kind === "relocation");
    const found = tables.flatMap((t) => rows(ledger, t.start, t.end));
    expect(bytesOf(found)).toBe(tables.reduce((sum, t) => sum + t.end - t.start, 0));
    expect(new Set(found.map((r) => r.kind))).toEqual(new Set(["relocation"]));
    const owners = byPackage(found);
    expect(owners.get("runtime")).toBeGreaterThan(0);
    expect((owners.get("") ?? 0) / bytesOf(found)).toBeLessThan(0.1);
  });
});
