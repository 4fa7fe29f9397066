// Tag discovery: what is found without a build, how measurements become verdicts, and the whole on a program made for it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tag } from "../../src/advice/schema.ts";
import { headerOf } from "../../src/lab/constraint.ts";
import { findTags, type FoundTag, type TaggedPackage } from "../../src/lab/findtags.ts";
import { measureTags, type TagBuilder, type TagBuilt, type TagSet } from "../../src/lab/tags.ts";
import { type TagsDocument, tagsSchema } from "../../src/lab/tagsschema.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CONTEXT = { goos: "linux", goarch: "amd64", compiler: "gc", cgo: false, tags: [], toolTags: ["go1.1"] };

function packageOf(name: string, files: Readonly<Record<string, string>>, module = "example.com/m"): TaggedPackage {
  return {
    path: module === "std" ? name : `${module}/${name}`,
    name,
    module,
    version: "v1.12.0",
    files: Object.entries(files).map(([file, constraint]) => ({
      name: file,
      header: headerOf(`//go:build ${constraint}\n\npackage ${file.startsWith("main") ? "main" : name}\n`)!,
    })),
  };
}

const find = (
  packages: readonly TaggedPackage[],
  tags: readonly string[] = [],
  entries: readonly Tag[] = [],
): FoundTag[] => findTags({ ...CONTEXT, tags }, packages, entries);

describe("finding", () => {
  it("says what each tag changes, the most promising first", () => {
    const found = find([
      packageOf("a", { "x.go": "!slim", "y.go": "slim", "z.go": "more && linux", "w_windows.go": "slim" }),
      packageOf("b", { "u.go": "both && other", "v.go": "go1.1 && unix" }),
    ]);
    expect(found.map(({ tag, skip }) => [tag, skip?.why ?? null])).toEqual([
      ["slim", null],
      ["more", null],
      ["both", "unchanged"],
      ["other", "unchanged"],
    ]);
    expect(found[0].readers.map(({ file, effect }) => [file, effect])).toEqual([
      ["w_windows.go", "none"],
      ["x.go", "removed"],
      ["y.go", "added"],
    ]);
  });

  it("turns round what the flags set already", () => {
    const [found] = find([packageOf("a", { "x.go": "!slim", "y.go": "slim" })], ["slim"]);
    expect(found).toMatchObject({ tag: "slim", change: "drop" });
    expect(found.readers.map(({ effect }) => effect)).toEqual(["added", "removed"]);
  });

  it("passes over programs beside a package, the standard library's own switches, and what is only slower", () => {
    const found = find([
      packageOf("a", { "main_gen.go": "generate", "x.go": "!purego" }),
      packageOf("time", { "fake.go": "faketime" }, "std"),
    ]);
    expect(Object.fromEntries(found.map(({ tag, skip }) => [tag, skip?.why]))).toEqual({
      generate: "foreign",
      purego: "slower",
      faketime: "std",
    });
  });

  it("knows what the knowledge says, and puts it first", () => {
    const entries = loadKnowledge("tags");
    const gin = packageOf("binding", { "binding.go": "!nomsgpack", "b.go": "nomsgpack" }, "github.com/gin-gonic/gin");
    const http = packageOf("net/http", { "h2_bundle.go": "!nethttpomithttp2" }, "std");
    const time = packageOf("time", { "embed.go": "timetzdata" }, "std");
    const other = packageOf("a", { "x.go": "!aaa", "y.go": "!aaa" });
    const found = find([other, gin, { ...http, name: "binding" }, time], [], entries);
    expect(found.map(({ tag, known, skip }) => [tag, known?.id ?? null, skip?.why ?? null])).toEqual([
      ["nethttpomithttp2", "nethttpomithttp2", null],
      ["nomsgpack", "nomsgpack", null],
      ["aaa", null, null],
      ["timetzdata", "timetzdata", "grows"],
    ]);
    // the same name in somebody else's package is another tag
    expect(find([packageOf("a", { "x.go": "!nomsgpack" })], [], entries)[0].known).toBeNull();
  });
});

/** A builder in whose programs tags have prices; some sets do not build. */
function fake(
  prices: Readonly<Record<string, number>>,
  options: {
    conflicts?: readonly string[];
    idle?: readonly string[];
    breaks?: readonly string[];
    /** Tags that are read once another is set. */
    appear?: Readonly<Record<string, readonly string[]>>;
  } = {},
): TagBuilder & { readonly built: string[] } {
  const built: string[] = [];
  const has = ({ set }: TagSet, all: readonly string[] = []): boolean =>
    all.length > 0 && all.every((tag) => set.includes(tag));
  return {
    built,
    build(tags) {
      built.push(tags.set.join("+"));
      if (tags.set.includes("broken") || has(tags, options.conflicts))
        return Promise.resolve({ ok: false, line: "x.go:1:1: no", output: "" } satisfies TagBuilt);
      const bytes = 1e6 - tags.set.reduce((sum, tag) => sum + (prices[tag] ?? 0), 0);
      const works = tags.set.filter((tag) => (prices[tag] ?? 0) !== 0);
      return Promise.resolve({ ok: true, bytes, digest: works.join() } satisfies TagBuilt);
    },
    idle: ({ set }) => Promise.resolve(new Set(set.length > 1 ? options.idle?.filter((tag) => set.includes(tag)) : [])),
    discover: ({ set }) => Promise.resolve(foundOf(...set.flatMap((tag) => options.appear?.[tag] ?? []))),
    ...(options.breaks
      ? { test: ({ set }) => Promise.resolve(options.breaks!.some((tag) => set.includes(tag)) ? "FAIL" : null) }
      : {}),
  };
}

const foundOf = (...tags: string[]): FoundTag[] =>
  find([packageOf("a", Object.fromEntries(tags.map((tag) => [`${tag}.go`, `!${tag}`])))]);

describe("measuring", () => {
  it("marks savings, costs, no effect and what does not build", async () => {
    const builder = fake({ big: 50_000, small: 20_000, costs: -30_000, idle: 0 });
    const { rows, best } = await measureTags(foundOf("big", "small", "costs", "idle", "broken"), 1e6, builder);
    expect(Object.fromEntries(rows.map(({ found, verdict }) => [found.tag, verdict]))).toEqual({
      big: { is: "saves", bytes: 50_000 },
      small: { is: "saves", bytes: 20_000 },
      costs: { is: "costs", bytes: 30_000 },
      idle: { is: "no effect", by: "bytes", text: expect.any(String) as string },
      broken: { is: "does not build", line: "x.go:1:1: no" },
    });
    expect(best).toEqual({
      tags: { set: ["big", "small"], drop: [] },
      size: 930_000,
      saves: 70_000,
      sum: 70_000,
      beside: [],
      without: [],
    });
    // a program with a tag of that length which nobody reads stands for the one without any
    expect(builder.built).toContain("____");
  });

  it("builds up the best where not all go together", async () => {
    const builder = fake({ first: 50_000, second: 40_000, third: 30_000 }, { conflicts: ["first", "second"] });
    const { best } = await measureTags(foundOf("first", "second", "third"), 1e6, builder);
    expect(best).toMatchObject({ tags: { set: ["first", "third"] }, size: 920_000, saves: 80_000 });
    expect(best!.without).toEqual([{ tag: "second", reason: "does not build beside the others: x.go:1:1: no" }]);
  });

  it("leaves out what the others make needless", async () => {
    const builder = fake({ first: 50_000, second: 40_000 }, { idle: ["second"] });
    const { best } = await measureTags(foundOf("first", "second"), 1e6, builder);
    expect(best).toMatchObject({ tags: { set: ["first"] }, size: 950_000 });
    expect(best!.without).toEqual([{ tag: "second", reason: "changes nothing beside the others" }]);
  });

  it("tries what appears once others are set, and takes what saves there", async () => {
    const prices = { first: 50_000, opened: 40_000, deeper: 30_000, costly: -30_000 };
    const appear = { first: ["costly", "opened"], opened: ["deeper"] };
    const builder = fake(prices, { appear });
    const { best, rows } = await measureTags(foundOf("first"), 1e6, builder);
    expect(rows).toHaveLength(1);
    expect(best).toMatchObject({
      tags: { set: ["first", "opened", "deeper"] },
      size: 880_000,
      saves: 120_000,
      sum: 50_000,
    });
    expect(best!.beside).toEqual([
      { tag: "opened", bytes: 40_000 },
      { tag: "deeper", bytes: 30_000 },
    ]);
    // each is built once
    expect(builder.built).toEqual(["first", "first+costly", "first+opened", "first+opened+deeper"]);
  });

  it("takes nothing that breaks tests", async () => {
    const builder = fake({ first: 50_000, second: 40_000 }, { breaks: ["first"] });
    const { rows, best } = await measureTags(foundOf("first", "second"), 1e6, builder);
    expect(rows[0].verdict).toEqual({ is: "breaks tests", bytes: 50_000, line: "FAIL" });
    expect(best).toMatchObject({ tags: { set: ["second"] } });
  });

  it("says so when there is no time, and when nothing saves", async () => {
    const never: TagBuilder = { ...fake({}), build: () => Promise.resolve(null) };
    const { rows, best } = await measureTags(foundOf("first"), 1e6, never);
    expect([rows[0].verdict, best]).toEqual([{ is: "not measured", reason: "the time budget was spent" }, null]);
  });
});

describe("pare lab --tags", () => {
  const fixture = path.join(HERE, "../fixtures/tags");
  let top: string;
  beforeAll(() => {
    top = mkdtempSync(path.join(tmpdir(), "pare-test-"));
  });
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  function pare(...words: string[]): { stdout: string; stderr: string; status: number | null } {
    const main = path.join(HERE, "../../src/cli/main.ts");
    // what the machine's Go is told besides would change the program
    const env = { ...process.env, GOFLAGS: "", GOENV: "off", CGO_ENABLED: "0", NO_COLOR: "1" };
    return spawnSync(process.execPath, [main, "lab", "--tags", ...words], { cwd: fixture, env, encoding: "utf8" });
  }

  function sizeWith(flags: readonly string[]): number {
    const output = path.join(top, "program");
    const env = { ...process.env, GOFLAGS: "", GOENV: "off", CGO_ENABLED: "0" };
    const words = ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", ...flags, "-o", output, "."];
    expect(spawnSync("go", words, { cwd: fixture, env }).status).toBe(0);
    return statSync(output).size;
  }

  it("finds, builds and tests every tag of a program, and agrees with go build to the byte", () => {
    const { stdout, stderr, status } = pare("--json", "--test", "-q");
    expect([stderr, status]).toEqual(["", 0]);
    const document = JSON.parse(stdout) as TagsDocument;
    expect(tagsSchema.parse(document)).toEqual(document);
    const verdicts = new Map(document.rows.map(({ tag, verdict }) => [tag, verdict]));
    const base = sizeWith([]);
    const [nojson, mini, extra] = ["nojson", "mini", "extra"].map((tag) => sizeWith([`-tags=${tag}`]));
    expect(document.base).toBe(base);
    expect(verdicts.get("nojson")).toEqual({ is: "saves", bytes: base - nojson });
    expect(verdicts.get("mini")).toEqual({ is: "saves", bytes: base - mini });
    expect(verdicts.get("extra")).toEqual({ is: "costs", bytes: extra - base });
    expect(verdicts.get("idle")).toMatchObject({ is: "no effect", by: "bytes" });
    expect(verdicts.get("curt")).toMatchObject({ is: "breaks tests", line: 'main_test.go:7: it says ""' });
    expect(verdicts.get("wrong")).toMatchObject({
      is: "does not build",
      line: expect.stringMatching(/^\.\/wrong\.go:5/) as string,
    });
    expect(verdicts.get("elsewhere")).toMatchObject({ is: "no effect", by: "files" });
    expect(verdicts.get("helper")?.is).toBe("not measured");
    expect(verdicts.get("purego")?.is).toBe("not measured");
    expect(verdicts.get("unchecked")).toMatchObject({ is: "no effect", by: "files" });
    // nojson and mini exclude each other; only beside nojson is the other one read
    const size = sizeWith(["-tags=nojson,unchecked"]);
    expect(document.best).toMatchObject({
      tags: { set: ["nojson", "unchecked"], drop: [] },
      size,
      saves: base - size,
      beside: [{ tag: "unchecked", bytes: nojson - size }],
    });
    expect(document.best!.without[0].reason).toContain("redeclared");
    expect(document.failing).toEqual(["example.com/tags/broken"]);
  });

  it("shows it", () => {
    const { stdout, status } = pare("-q", "--", "-tags=nojson");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^without nojson +\+\d+ kB/m);
    expect(stdout).toMatch(/^wrong +does not build/m);
    expect(stdout).toContain("not built:");
  });
});
