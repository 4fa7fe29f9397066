// Names that change from build to build: what is the same is one row, and every byte is still in exactly one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stemOf } from "../../src/binary/go/stem.ts";
import { diff, type Diff, type DiffSymbol } from "../../src/ledger/diff.ts";
import { diffSchema } from "../../src/ledger/schema.ts";
import { snapshot, type Snapshot } from "../../src/ledger/snapshot.ts";
import { SAMPLE_BUILD_INFO, sampleProfile, type SampleRow, SHA } from "./sample.ts";

function of(
  rows: readonly SampleRow[],
  deps: Readonly<Record<string, string>> = {},
  main = "example.com/app",
): Snapshot {
  const buildInfo = {
    ...SAMPLE_BUILD_INFO,
    main: { path: main, version: "(devel)", sum: "" },
    deps: Object.entries(deps).map(([path, version]) => ({ path, version, sum: "" })),
  };
  return snapshot(sampleProfile(rows, { buildInfo }), { name: "app", sha256: SHA }, { symbols: true });
}

function symbols(d: Diff): [string, string | undefined, number][] {
  return d.modules.flatMap((m) =>
    m.packages.flatMap((p) =>
      p.symbols!.map((s: DiffSymbol): [string, string | undefined, number] => [s.name, s.oldName, s.delta]),
    ),
  );
}

/** Changes of a package with these symbols of code. */
function renamed(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const rows = (list: Readonly<Record<string, number>>): SampleRow[] =>
    Object.entries(list).map(([name, bytes]) => ["code", "p", name, bytes]);
  return symbols(diff(of(rows(before)), of(rows(after))));
}

describe("modules", () => {
  const v2: SampleRow[] = [
    ["code", "github.com/acme/yaml/v2", "github.com/acme/yaml/v2.Parse", 1000],
    ["code", "github.com/acme/yaml/v2/scan", "github.com/acme/yaml/v2/scan.Next", 500],
    ["code", "main", "main.use[github.com/acme/yaml/v2.Node]", 64],
  ];
  const v3 = v2.map(([kind, pkg, name, bytes]): SampleRow => [
    kind,
    pkg.replace("v2", "v3"),
    name.replace("v2", "v3"),
    bytes + (name.endsWith("Parse") ? 200 : 0),
  ]);

  it("of another major version are one row with both paths, and so are their packages and symbols", () => {
    const d = diff(of(v2, { "github.com/acme/yaml/v2": "v2.4.0" }), of(v3, { "github.com/acme/yaml/v3": "v3.0.1" }));
    expect(d.modules).toMatchObject([
      {
        path: "github.com/acme/yaml/v3",
        oldPath: "github.com/acme/yaml/v2",
        oldVersion: "v2.4.0",
        newVersion: "v3.0.1",
        change: "changed",
        delta: 200,
        packages: [{ path: "github.com/acme/yaml/v3", oldPath: "github.com/acme/yaml/v2", change: "changed" }],
      },
    ]);
    expect(symbols(d)).toEqual([["github.com/acme/yaml/v3.Parse", undefined, 200]]);
  });

  it("of gopkg.in too, whose names the linker escapes", () => {
    const before = of([["code", "gopkg.in/yaml.v2", "gopkg.in/yaml%2ev2.Parse", 100]], {
      "gopkg.in/yaml.v2": "v2.4.0",
    });
    const after = of([["code", "gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3.Parse", 130]], { "gopkg.in/yaml.v3": "v3.0.1" });
    const d = diff(before, after);
    expect(d.modules.map((m) => [m.oldPath, m.path, m.delta])).toEqual([["gopkg.in/yaml.v2", "gopkg.in/yaml.v3", 30]]);
    expect(symbols(d)).toEqual([["gopkg.in/yaml%2ev3.Parse", undefined, 30]]);
  });

  it("that stay beside a new major version stay what they are", () => {
    const deps = { "github.com/acme/yaml/v2": "v2.4.0", "github.com/acme/yaml/v3": "v3.0.1" };
    const d = diff(of(v2, deps), of([...v2, ...v3.slice(0, 2)], deps));
    expect(d.modules.map((m) => [m.path, m.oldPath, m.change])).toEqual([
      ["github.com/acme/yaml/v3", undefined, "added"],
    ]);
  });

  it("of the programs themselves are one, whatever they are called", () => {
    const a = of([["code", "example.com/app/store", "example.com/app/store.Open", 100]]);
    const b = of([["code", "corp.dev/app/store", "corp.dev/app/store.Open", 120]], {}, "corp.dev/app");
    const d = diff(a, b);
    expect(d.modules).toMatchObject([{ path: "corp.dev/app", oldPath: "example.com/app", delta: 20 }]);
    expect(symbols(d)).toEqual([["corp.dev/app/store.Open", undefined, 20]]);
  });
});

describe("packages", () => {
  it("that moved within their module are found by what is in them", () => {
    const rows = (path: string, more: number): SampleRow[] => [
      ["code", path, `${path}.Open`, 700 + more],
      ["code", path, `${path}.Close`, 300],
      ["code", path, `${path}.init.0`, 40],
      ["code", "example.com/app/other", "example.com/app/other.init.0", 40],
    ];
    const d = diff(of(rows("example.com/app/internal/store", 0)), of(rows("example.com/app/pkg/storage", 9)));
    expect(d.modules[0].packages).toMatchObject([
      { path: "example.com/app/pkg/storage", oldPath: "example.com/app/internal/store", delta: 9 },
    ]);
    expect(symbols(d)).toEqual([["example.com/app/pkg/storage.Open", undefined, 9]]);
  });

  it("that only share a few names are not the same", () => {
    const d = diff(
      of([
        ["code", "example.com/app/a", "example.com/app/a.init.0", 40],
        ["code", "example.com/app/a", "example.com/app/a.F", 900],
      ]),
      of([
        ["code", "example.com/app/b", "example.com/app/b.init.0", 40],
        ["code", "example.com/app/b", "example.com/app/b.G", 500],
      ]),
    );
    expect(d.modules[0].packages.map((p) => [p.path, p.change])).toEqual([
      ["example.com/app/a", "removed"],
      ["example.com/app/b", "added"],
    ]);
  });

  it("that were vendored are those of the module; the standard library's are its own", () => {
    const d = diff(
      of([["code", "example.com/app/vendor/github.com/x/y", "example.com/app/vendor/github.com/x/y.F", 100]]),
      of([["code", "example.com/app/github.com/x/y", "example.com/app/github.com/x/y.F", 100]]),
    );
    expect(d.modules[0]?.packages ?? []).toMatchObject([]);
    const std = diff(
      of([["code", "vendor/golang.org/x/net/idna", "vendor/golang.org/x/net/idna.F", 100]]),
      of([["code", "golang.org/x/net/idna", "golang.org/x/net/idna.F", 100]], { "golang.org/x/net": "v0.1.0" }),
    );
    expect(std.modules.map((m) => [m.path, m.change, m.delta])).toEqual([
      ["golang.org/x/net", "added", 100],
      ["std", "removed", -100],
    ]);
  });
});

describe("symbols", () => {
  it.each([
    ["p.run.func2", "p.run.func3"],
    ["p.run.func2.1", "p.run.func3.1"],
    ["p.run.deferwrap1", "p.run.deferwrap2"],
    ["p.run.gowrap1", "p.run.gowrap2"],
    ["p.all-range1", "p.all-range2"],
    ["p..stmp_7", "p..stmp_11"],
    ["p..typeAssert.0", "p..typeAssert.4"],
    ["p..interfaceSwitch.1", "p..interfaceSwitch.2"],
    ["p..gobytes.1", "p..gobytes.2"],
    ["p.init.0", "p.init.1"],
    ["type:p.local·1", "type:p.local·2"],
    ["p.F[go.shape.struct { A int }]", "p.F[go.shape.struct { A int; B string }]"],
    ["p.F[go.shape.struct { A int },go.shape.int]", `p.F[go.shape.${"ab".repeat(32)},go.shape.int]`],
    ['p.F[go.shape.struct { A int "json:\\"}]\\"" }].func1', "p.F[go.shape.struct { }].func2"],
    ["p..dict.F[p.local·1]", "p..dict.F[p.local·2]"],
  ])("%s may become %s", (before, after) => {
    expect(stemOf(before)).toBe(stemOf(after));
    expect(renamed({ [before]: 40 }, { [after]: 40 })).toEqual([]);
    expect(renamed({ [before]: 40 }, { [after]: 50 })).toEqual([[after, before, 10]]);
  });

  it.each([
    ["p.F[go.shape.int]", "p.F[go.shape.string]"],
    ["p.F[go.shape.*uint8]", "p.F[go.shape.[]uint8]"],
    ["p.v1.F", "p.v2.F"],
    ["p.sha256", "p.sha512"],
  ])("%s does not become %s", (before, after) => {
    expect(stemOf(before)).not.toBe(stemOf(after));
    expect(renamed({ [before]: 40 }, { [after]: 40 })).toHaveLength(2);
  });

  it("that were renamed are found if nothing else changed and they cannot be taken for each other", () => {
    expect(renamed({ "p.parse": 1024 }, { "p.decode": 1024 })).toEqual([["p.decode", "p.parse", 0]]);
    expect(renamed({ "p.(*T).Run": 96 }, { "p.(*Task).Run": 96 })).toEqual([["p.(*Task).Run", "p.(*T).Run", 0]]);
    expect(renamed({ "p.parse": 1024 }, { "p.decode": 1040 })).toHaveLength(2);
    expect(renamed({ "p.small": 32 }, { "p.tiny": 32 })).toHaveLength(2);
    expect(renamed({ "p.a": 1024, "p.b": 1024 }, { "p.c": 1024 })).toHaveLength(3);
  });
});

it("loses and doubles no byte, whatever the names", () => {
  const names = [
    "",
    "f",
    "f.func1",
    "f.func2",
    "f.func2.1",
    "..stmp_1",
    "F[go.shape.struct { A int }]",
    "F[go.shape.int]",
  ];
  const paths = [
    "",
    "main",
    "net/http",
    "x.org/a",
    "x.org/a/v2",
    "x.org/a/v2/in",
    "x.org/a/v3",
    "x.org/a/v3/in",
    "x.org/b",
    "e.org/m/p",
    "e.org/n/p",
  ];
  const rows = fc.array(
    fc
      .tuple(
        fc.constantFrom(...paths),
        fc.constantFrom(...names),
        fc.constantFrom("code", "data", "type", "dwarf"),
        fc.constantFrom(1, 64, 256, 300),
      )
      .map(([pkg, name, kind, bytes]): SampleRow => [kind as SampleRow[0], pkg, name && `${pkg}.${name}`, bytes]),
    { maxLength: 30 },
  );
  const versions = fc.constantFrom("v1.0.0", "v2.0.0");
  const deps = fc.dictionary(fc.constantFrom("x.org/a", "x.org/a/v2", "x.org/a/v3", "x.org/b"), versions, {
    noNullPrototype: true,
  });
  const side = fc.tuple(rows, deps, fc.constantFrom("e.org/m", "e.org/n"));
  fc.assert(
    fc.property(side, side, (a, b) => {
      const d = diff(of(...a), of(...b));
      const sum = (list: readonly { readonly delta: number }[]): number => list.reduce((n, row) => n + row.delta, 0);
      expect(diffSchema.parse(d)).toEqual(d);
      expect(sum(d.modules) + sum(d.overhead)).toBe(d.delta);
      for (const m of d.modules) {
        expect(sum(m.packages)).toBe(m.delta);
        for (const p of m.packages) expect(sum(p.symbols!)).toBe(p.delta);
      }
      expect(diff(of(...a), of(...a)).modules).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it("keeps every row of a snapshot that names things twice", () => {
  const one = of([["code", "p", "p.f", 10]]);
  const twice: Snapshot = { ...one, file: { ...one.file, size: 20 }, modules: [...one.modules, ...one.modules] };
  const sum = (d: Diff): number => d.modules.reduce((n, m) => n + m.delta, 0);
  expect([sum(diff(one, twice)), sum(diff(twice, one))]).toEqual([10, -10]);
});
