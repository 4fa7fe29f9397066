// Symbol tables: records and names belong to the packages that `go tool nm` names.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { packageOf } from "../../../src/binary/go/symbolname.ts";
import { rangeAt } from "../../../src/ledger/sweep.ts";
import { goBuild, type GoOptions } from "../../fixture.ts";
import { byPackage, bytesOf, profileFile, rows } from "./rest.ts";

describe.each<[string, GoOptions]>([
  ["ELF", { fixture: "hello", goos: "linux", goarch: "amd64" }],
  ["PE", { fixture: "hello", goos: "windows", goarch: "amd64" }],
  ["Mach-O", { fixture: "hello", goos: "darwin", goarch: "arm64" }],
  ["wasm", { fixture: "hello", goos: "js", goarch: "wasm" }],
])("%s", (format, options) => {
  const file = goBuild(options);
  const { exe, ledger } = profileFile(file);
  const table = exe.symbols();
  const packageAt = (offset: number): string => ledger.packages.get(ledger.pkg[rangeAt(ledger, offset)]);

  test("the table's bytes are all symbol table", () => {
    const tables = exe.tables.filter((t) => t.kind === "symtab");
    expect(tables.length).toBeGreaterThan(0);
    for (const t of tables) {
      const found = rows(ledger, t.start, t.end);
      expect(new Set(found.map((r) => r.kind))).toEqual(new Set(["symtab"]));
      expect(bytesOf(found)).toBe(t.end - t.start);
    }
  });

  test("records and names stand with the package of the symbol", () => {
    const known = new Set(["main", "fmt", "runtime", "os", "reflect", "sync", "internal/abi"]);
    let checked = 0;
    for (let i = 0; i < table.count; i++) {
      const pkg = packageOf(table.name(i));
      if (!known.has(pkg)) continue;
      if (table.entrySize > 0) expect(packageAt(table.entryOffset[i]), table.name(i)).toBe(pkg);
      expect(packageAt(table.nameOffset[i]), table.name(i)).toBe(pkg);
      checked++;
    }
    expect(checked).toBeGreaterThan(1000);
  });

  // go tool nm does not read wasm
  if (format !== "wasm")
    test("go tool nm knows as many symbols of each package", () => {
      const listed = new Map<string, number>();
      for (const line of execFileSync("go", ["tool", "nm", file], { encoding: "utf8", maxBuffer: 64 << 20 }).split(
        "\n",
      )) {
        const found = /^\s*[0-9a-f]+ [TtRrDdBb] (.*)$/.exec(line);
        const pkg = found ? packageOf(found[1]) : "";
        if (pkg !== "") listed.set(pkg, (listed.get(pkg) ?? 0) + 1);
      }
      const records = new Map<string, number>();
      for (let i = 0; i < table.count; i++) {
        const pkg = packageAt(table.entryOffset[i]);
        records.set(pkg, (records.get(pkg) ?? 0) + 1);
      }
      for (const pkg of ["main", "fmt", "os", "reflect", "strconv"]) {
        expect(listed.get(pkg), pkg).toBeGreaterThan(0);
        expect(records.get(pkg) ?? 0, pkg).toBeGreaterThanOrEqual(listed.get(pkg)!);
      }
    });

  test("little is left that no package owns", () => {
    const symtab = rows(ledger).filter((r) => r.kind === "symtab");
    expect((byPackage(symtab).get("") ?? 0) / bytesOf(symtab)).toBeLessThan(0.05);
  });
});
