import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { viewSchema } from "../../src/ledger/schema.ts";
import { view, viewDocument, ViewError, type ViewOptions } from "../../src/ledger/views.ts";
import { type By, VIEWS } from "../../src/ledger/words.ts";
import { sampleExecutable, SHA, smallProfile } from "./sample.ts";

const sections = [
  { name: ".text", rva: 0, size: 8000, offset: 64, fileSize: 8000, executable: true, writable: false },
  // overlaps .text: its bytes there are counted once
  { name: ".overlap", rva: 0, size: 1000, offset: 7864, fileSize: 1000, executable: false, writable: false },
  { name: ".data", rva: 9000, size: 100, offset: 9000, fileSize: 100, executable: false, writable: true },
  { name: ".bss", rva: 12000, size: 4096, offset: 9100, fileSize: 0, executable: false, writable: true },
  { name: ".outside", rva: -1, size: 100, offset: 1 << 20, fileSize: 100, executable: false, writable: false },
];
const profile = smallProfile({
  exe: sampleExecutable({ sections }),
  inlined: [
    { owner: "main", origin: "net/http", bytes: 40 },
    { owner: "net/http", origin: "net/http", bytes: 2000 },
  ],
});
const facts = { name: "app", sha256: SHA };
const plain = snapshot(profile, facts, { memory: true });
const rich = snapshot(profile, facts, { symbols: true, memory: true });

function names(options: ViewOptions): string[] {
  return view(plain, options, profile).rows.map((row) => row.name);
}

describe("view", () => {
  it.each(VIEWS.filter((by) => by !== "embed"))("by %s: rows sum to the file, and each row to its kinds", (by) => {
    const rows = view(plain, { by }, profile);
    expect(rows.bytes).toBe(plain.file.size);
    expect(rows.rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(plain.file.size);
    for (const row of rows.rows) expect(Object.values(row.kinds).reduce((a, b) => a + b, 0)).toBe(row.bytes);
  });

  it("keeps the sums whatever is asked", () => {
    const options = fc.record({
      by: fc.constantFrom<By[]>(...VIEWS),
      top: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      focus: fc.constantFrom(
        undefined,
        "main",
        "net/http",
        "github.com/acme/yaml/v3",
        "github.com/acme/yaml/v3/...",
        "std",
      ),
      filter: fc.constantFrom(undefined, "e", "yaml", "/^main/", "nothing like that"),
      sort: fc.constantFrom(undefined, "bytes", "name", "memory", "code", "string"),
      named: fc.boolean(),
    }) as fc.Arbitrary<ViewOptions>;
    fc.assert(
      fc.property(options, (o) => {
        const rows = view(plain, o, profile);
        const shown = rows.rows.reduce((sum, row) => sum + row.bytes, 0);
        expect(shown + rows.rest.bytes).toBe(rows.bytes);
        expect(rows.rows.length + rows.rest.rows).toBe(view(plain, { ...o, top: undefined }, profile).rows.length);
        expect(rows.rows).toEqual(view(plain, { ...o, top: undefined }, profile).rows.slice(0, o.top));
        expect(viewSchema.parse(viewDocument(plain, rows))).toEqual(viewDocument(plain, rows));
      }),
    );
  });

  it("finds the same symbols in a snapshot that has them and in the profile", () => {
    expect(view(plain, { by: "symbol" }, profile)).toEqual(view(rich, { by: "symbol" }, profile));
    expect(() => view(plain, { by: "symbol" })).toThrow(ViewError);
  });

  it("focuses on a package, on those below it, on a module, and on the program by its import path", () => {
    expect(names({ by: "package", focus: "github.com/acme/yaml/v3" })).toEqual(["github.com/acme/yaml/v3"]);
    expect(names({ by: "package", focus: "github.com/acme/..." })).toHaveLength(2);
    expect(names({ by: "package", focus: "std" })).toEqual(["net/http", "vendor/golang.org/x/net/idna"]);
    expect(names({ by: "package", focus: "example.com/app/cmd/app" })).toEqual(["main"]);
    expect(view(plain, { by: "kind", focus: "main" }, profile).bytes).toBe(2708);
    expect(names({ by: "section", focus: "net/http" })).toEqual([".text", "(outside sections)", ".overlap", ".data"]);
    expect(names({ by: "embed", focus: "net/http" })).toEqual(["web/index.html"]);
    expect(names({ by: "embed", focus: "C" })).toEqual([]);
  });

  it.each([
    ["htp", undefined],
    ["net/htp", "net/http"],
    ["yaml", "github.com/acme/yaml/v3"],
    ["x".repeat(500), undefined],
  ])("suggests, for %s, %s", (focus, suggestion) => {
    let thrown: unknown;
    try {
      view(plain, { by: "package", focus });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ViewError);
    expect((thrown as ViewError).suggestion).toBe(suggestion);
  });

  it("filters by text and by pattern, and refuses what is no pattern", () => {
    expect(names({ by: "package", filter: "YAML" })).toHaveLength(2);
    expect(names({ by: "package", filter: "/^net\\//" })).toEqual(["net/http"]);
    expect(() => names({ by: "package", filter: "/(/" })).toThrow("regular expression");
  });

  it("sorts by name, memory, inlined and kind", () => {
    expect(names({ by: "package", sort: "name" })).toEqual(names({ by: "package" }).toSorted());
    expect(names({ by: "package", sort: "memory", top: 2 })).toEqual(["net/http", "main"]);
    expect(names({ by: "package", sort: "string", top: 1 })).toEqual(["main"]);
    const withOrigins = view(plain, { by: "package", sort: "inlined", top: 1 }, profile);
    expect(withOrigins).toMatchObject({
      hasInlined: true,
      hasMemory: true,
      rows: [{ name: "net/http", inlined: 2040 }],
    });
  });

  it("shows zero-filled variables as symbols of nm's letter B", () => {
    const rows = view(plain, { by: "symbol", focus: "net/http", sort: "memory", top: 1 }, profile).rows;
    expect(rows).toEqual([
      { name: "net/http.cache", bytes: 0, kinds: {}, letter: "B", package: "net/http", memory: 4096 },
    ]);
  });

  it("needs the executable for sections", () => {
    expect(() => view(plain, { by: "section" })).toThrow("a snapshot does not keep them");
  });
});
