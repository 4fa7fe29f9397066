import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { Diff } from "../../src/ledger/diff.ts";
import { EVIDENCE, KINDS } from "../../src/ledger/ledger.ts";
import { type diffSchema, jsonSchema, snapshotSchema, type viewSchema } from "../../src/ledger/schema.ts";
import { snapshot, type Snapshot } from "../../src/ledger/snapshot.ts";
import type { ViewDocument } from "../../src/ledger/views.ts";
import { sampleProfile, SHA, smallProfile, type SampleRow } from "./sample.ts";

const facts = { name: "app", sha256: SHA };

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Everything in a snapshot that must sum to something else in it. */
function expectSums(s: Snapshot): void {
  const { size } = s.file;
  expect(sum(s.modules.map((m) => m.bytes)) + sum(s.overhead.map((o) => o.bytes))).toBe(size);
  expect(sum(Object.values(s.kinds))).toBe(size);
  expect(sum(Object.values(s.evidence))).toBe(size);
  for (const m of s.modules) {
    expect(sum(m.packages.map((p) => p.bytes))).toBe(m.bytes);
    for (const p of m.packages) {
      expect(sum(Object.values(p.kinds))).toBe(p.bytes);
      if (!p.symbols) continue;
      expect(sum(p.symbols.map((x) => x.bytes))).toBe(p.bytes);
      for (const x of p.symbols) expect(sum(Object.values(x.kinds))).toBe(x.bytes);
    }
  }
}

const rows = fc.array(
  fc.tuple(
    fc.constantFrom(...KINDS),
    fc.constantFrom("", "main", "net/http", "example.com/app/x", "github.com/acme/yaml/v3", "C", "<b>\u202e"),
    fc.constantFrom("", "main.main", "f", "g\n\u001b[31m", "type:x"),
    fc.integer({ min: 1, max: 1 << 20 }),
    fc.constantFrom(...EVIDENCE),
  ) satisfies fc.Arbitrary<SampleRow>,
  { minLength: 1, maxLength: 60 },
);

describe("snapshot", () => {
  it("sums to the file's size, whatever the ledger holds", () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (list, symbols) => {
        const s = snapshot(sampleProfile(list), facts, { symbols });
        expect(s.file.size).toBe(sum(list.map((row) => row[3])));
        expectSums(s);
      }),
    );
  });

  it("does not depend on the order of ranges", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const there = snapshot(sampleProfile(list), facts, { symbols: true });
        const back = snapshot(sampleProfile(list.toReversed()), facts, { symbols: true });
        expect(JSON.stringify(back)).toBe(JSON.stringify(there));
      }),
    );
  });

  it("is a document of its schema, with nothing beside it", () => {
    const profile = smallProfile({ inlined: [{ owner: "main", origin: "net/http", bytes: 40 }], warnings: ["odd"] });
    for (const options of [{}, { symbols: true, memory: true }]) {
      const s = snapshot(profile, { ...facts, packed: "UPX" }, options);
      expect(snapshotSchema.parse(s)).toEqual(s);
    }
    expectTypeOf<z.infer<typeof snapshotSchema>>().toExtend<Snapshot>();
    expectTypeOf<z.infer<typeof viewSchema>>().toExtend<ViewDocument>();
    expectTypeOf<z.infer<typeof diffSchema>>().toExtend<Diff>();
  });

  it("has a JSON Schema that lets readers of today read tomorrow's documents", () => {
    const schema = jsonSchema("snapshot");
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    expect(schema["required"]).toEqual([
      "schema",
      "file",
      "kinds",
      "modules",
      "overhead",
      "embeds",
      "evidence",
      "testimony",
      "warnings",
    ]);
  });

  it("puts packages under their modules, the largest first", () => {
    const s = snapshot(smallProfile(), facts);
    expectSums(s);
    expect(s.modules.map((m) => [m.path, m.version, m.role, m.bytes])).toEqual([
      ["std", "go1.26.8", "std", 5424],
      ["example.com/app", "v1.4.0", "main", 3908],
      ["github.com/acme/yaml/v3", "v3.1.0", "dependency", 3200],
      ["C", "", "C", 128],
    ]);
    expect(s.modules[1].packages.map((p) => p.path)).toEqual(["main", "example.com/app/store"]);
    expect(s.overhead).toEqual([
      { name: "symbol table", kind: "symtab", bytes: 96 },
      { name: "ELF header", kind: "header", bytes: 64 },
      { name: "padding", kind: "padding", bytes: 22 },
      { name: "unattributed", kind: "unattributed", bytes: 4 },
    ]);
  });

  it("tells what the file is", () => {
    const { file } = snapshot(smallProfile(), facts);
    expect(file).toMatchObject({
      cgo: true,
      trimpath: true,
      packed: null,
      main: { package: "example.com/app/cmd/app", module: "example.com/app", version: "v1.4.0" },
      vcs: { system: "git", time: "2026-05-01T10:00:00Z", modified: true },
    });
    const { buildInfo: _, ...bare } = smallProfile();
    expect(snapshot(bare, facts).file).toMatchObject({ trimpath: null, main: null, vcs: null, settings: [] });
  });

  it("merges the ranges of one symbol and names their letter as nm does", () => {
    const s = snapshot(smallProfile(), facts, { symbols: true });
    const http = s.modules[0].packages.find((p) => p.path === "net/http")!;
    expect(http.symbols).toEqual([
      { name: "net/http.(*Server).Serve", letter: "T", bytes: 3800, kinds: { code: 3000, pclntab: 800 } },
      { name: "", letter: "?", bytes: 900, kinds: { dwarf: 900 } },
      { name: "type:net/http.Server", letter: "R", bytes: 416, kinds: { type: 416 } },
      { name: "net/http.DefaultServeMux", letter: "D", bytes: 8, kinds: { data: 8 } },
    ]);
  });

  it("merges symbols that two tables name alike", () => {
    const profile = sampleProfile([
      ["code", "p", "p.f", 10],
      ["pclntab", "p", "p.f", 5],
    ]);
    // the second range names its symbol through another table
    const other = profile.ledger.symbols.source(() => "p.f");
    profile.ledger.symbol[1] = other(7);
    const [symbol, ...more] = snapshot(profile, facts, { symbols: true }).modules[0].packages[0].symbols!;
    expect(symbol).toEqual({ name: "p.f", letter: "T", bytes: 15, kinds: { code: 10, pclntab: 5 } });
    expect(more).toEqual([]);
  });

  it("adds memory by package when asked", () => {
    expect(snapshot(smallProfile(), facts).memory).toBeUndefined();
    expect(snapshot(smallProfile(), facts, { memory: true }).memory).toEqual({
      bytes: 4608,
      packages: [
        { path: "net/http", bytes: 4096 },
        { path: "main", bytes: 512 },
      ],
    });
  });
});
