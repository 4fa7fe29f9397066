import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diff } from "../../src/ledger/diff.ts";
import { KINDS } from "../../src/ledger/ledger.ts";
import { diffSchema } from "../../src/ledger/schema.ts";
import { snapshot, type Snapshot } from "../../src/ledger/snapshot.ts";
import { SAMPLE_BUILD_INFO, sampleProfile, type SampleRow, SHA, smallProfile } from "./sample.ts";

const facts = { name: "app", sha256: SHA };

function of(rows: readonly SampleRow[], symbols = true): Snapshot {
  return snapshot(sampleProfile(rows), facts, { symbols });
}

const rows = fc.array(
  fc.tuple(
    fc.constantFrom(...KINDS),
    fc.constantFrom("", "main", "net/http", "github.com/a/b/c", "github.com/a/d"),
    fc.constantFrom("", "f", "g", "f.func1", "f.func2", "..stmp_1", "..stmp_22"),
    fc.integer({ min: 1, max: 50 }),
  ) satisfies fc.Arbitrary<SampleRow>,
  { maxLength: 40 },
);

describe("diff", () => {
  it("sums: symbols to packages, packages to modules, modules and overhead to the files", () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const d = diff(of(a), of(b));
        const sum = (list: readonly { readonly delta: number }[]): number => list.reduce((n, row) => n + row.delta, 0);
        expect(d.delta).toBe(d.new - d.old);
        expect(sum(d.modules) + sum(d.overhead)).toBe(d.delta);
        expect(sum(Object.values(d.kinds))).toBe(d.delta);
        for (const m of d.modules) {
          expect(sum(m.packages)).toBe(m.delta);
          for (const p of m.packages) {
            expect(sum(p.symbols!)).toBe(p.delta);
            expect(Object.values(p.kinds).reduce((n, x) => n + x, 0)).toBe(p.delta);
          }
        }
        expect(diffSchema.parse(d)).toEqual(d);
      }),
    );
  });

  it("is empty for the same snapshot, and turns its signs when turned around", () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        expect(diff(of(a), of(a))).toMatchObject({ delta: 0, modules: [], overhead: [] });
        const there = diff(of(a, false), of(b, false));
        const back = diff(of(b, false), of(a, false));
        expect(back.delta + there.delta).toBe(0);
        expect(new Map(back.modules.map((m) => [m.path, 0 - m.delta]))).toEqual(
          new Map(there.modules.map((m) => [m.path, m.delta])),
        );
      }),
    );
  });

  it("pairs closures and temporaries that were numbered anew, equal sizes first", () => {
    const before = of([
      ["code", "p", "p.run.func1", 100],
      ["code", "p", "p.run.func2", 200],
      ["data", "p", "p..stmp_7", 16],
      ["code", "p", "p.Sort[go.shape.int]", 64],
    ]);
    const after = of([
      ["code", "p", "p.run.func1", 30],
      ["code", "p", "p.run.func2", 100],
      ["code", "p", "p.run.func3", 210],
      ["data", "p", "p..stmp_8", 16],
      ["code", "p", "p.Sort[go.shape.string]", 64],
    ]);
    const symbols = diff(before, after).modules[0].packages[0].symbols!;
    expect(symbols.map((s) => [s.name, s.oldName, s.change, s.delta])).toEqual([
      ["p.run.func3", undefined, "added", 210],
      ["p.run.func2", undefined, "changed", -100],
      ["p.run.func1", undefined, "changed", -70],
      ["p.Sort[go.shape.string]", undefined, "added", 64],
      ["p.Sort[go.shape.int]", undefined, "removed", -64],
    ]);
    const shifted = diff(
      of([["code", "p", "p.run.func4", 100]]),
      of([
        ["code", "p", "p.run.func5", 100],
        ["code", "p", "p.run.func6", 90],
      ]),
    );
    expect(shifted.modules[0].packages[0].symbols).toEqual([
      { name: "p.run.func6", letter: "T", change: "added", old: 0, new: 90, delta: 90 },
    ]);
  });

  it("shows modules that only changed their version", () => {
    const updated = { ...SAMPLE_BUILD_INFO, deps: [{ path: "github.com/acme/yaml/v3", version: "v3.2.0", sum: "" }] };
    const d = diff(snapshot(smallProfile(), facts), snapshot(smallProfile({ buildInfo: updated }), facts));
    expect(d.modules).toEqual([
      {
        path: "github.com/acme/yaml/v3",
        role: "dependency",
        change: "changed",
        packages: [],
        oldVersion: "v3.1.0",
        newVersion: "v3.2.0",
        old: 3200,
        new: 3200,
        delta: 0,
      },
    ]);
  });

  it("says what makes two files hard to compare", () => {
    const other = smallProfile({ stripped: true, goVersion: "go1.25.0", garbled: true });
    const d = diff(snapshot(smallProfile(), facts), snapshot(other, facts));
    expect(d.warnings).toEqual([
      "different Go versions: go1.26.8 and go1.25.0",
      "only the new file is stripped: names and owners of data are less exact there",
      "garbled names differ from build to build: packages cannot be matched",
    ]);
  });

  it("compares symbols only where both sides have them", () => {
    const a = of([["code", "p", "p.f", 1]], false);
    const b = of([["code", "p", "p.f", 2]], true);
    expect(diff(a, b).modules[0].packages[0].symbols).toBeUndefined();
  });
});
