// Code by source file, against what the linker and the sources say.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { KIND } from "../../src/ledger/ledger.ts";
import { profile } from "../../src/ledger/profile.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { view } from "../../src/ledger/views.ts";
import { goBuild } from "../fixture.ts";

describe.each([{}, { goarch: "arm64" }, { goos: "js", goarch: "wasm" }])("%o", (target) => {
  const bytes = readFileSync(goBuild({ fixture: "features", flags: ["-trimpath"], ...target }));
  const found = profile(bytes, { files: true });

  it("all code has a file, and no more than there is", () => {
    const { ledger, files } = found;
    let code = 0;
    for (let i = 0; i < ledger.count; i++) {
      const end = i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size;
      if (ledger.kind[i] === KIND.code || ledger.kind[i] === KIND.padding) code += end - ledger.start[i];
    }
    const sum = files!.reduce((n, f) => n + f.bytes, 0);
    expect(sum).toBeLessThanOrEqual(code);
    expect(sum).toBeGreaterThan(0.93 * code);
  });

  it("names the program's own files and their package", () => {
    const own = found.files!.filter((f) => f.pkg === "main").map((f) => path.basename(f.path));
    expect(own).toContain("main.go");
    const print = found.files!.find((f) => f.path === "fmt/print.go");
    expect(print).toMatchObject({ pkg: "fmt" });
  });

  it("the rows of the view sum to the file", () => {
    const rows = view(snapshot(found, { name: "features", sha256: "" }), { by: "file" }, found);
    expect(rows.rows.reduce((n, row) => n + row.bytes, 0)).toBe(bytes.length);
  });
});
