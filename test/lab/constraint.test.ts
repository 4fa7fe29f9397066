// Build constraints as go/build reads them: a small Go program is the oracle.
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  headerOf,
  holds,
  isToolchainTag,
  nameFits,
  parseConstraint,
  tagsOf,
  tagsSet,
} from "../../src/lab/constraint.ts";
import { goBuild } from "../fixture.ts";

interface Sample {
  readonly Name: string;
  readonly Text: string;
  readonly GOOS: string;
  readonly GOARCH: string;
  readonly Cgo: boolean;
  readonly Tags: readonly string[];
}

function ours({ Name, Text, GOOS, GOARCH, Cgo, Tags }: Sample): string {
  const context = { goos: GOOS, goarch: GOARCH, compiler: "gc", cgo: Cgo, tags: Tags, toolTags: ["go1.1", "go1.2"] };
  const set = tagsSet(context);
  const isSet = (tag: string): boolean => set.has(tag);
  if (!nameFits(Name, isSet)) return "no";
  const header = headerOf(Text);
  if (header === undefined) return "error";
  return header.constraint === null || holds(header.constraint, isSet) ? "yes" : "no";
}

const tag = fc.constantFrom(
  "a",
  "b",
  "c.d",
  "x_1",
  "linux",
  "unix",
  "amd64",
  "cgo",
  "go1.1",
  "go1.9",
  "é",
  "386",
  "gc",
);
const { expression } = fc.letrec<{ expression: string; atom: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("atom"),
    fc.tuple(tie("expression"), fc.constantFrom("&&", " && ", "||", " || "), tie("expression")).map((p) => p.join("")),
  ),
  atom: fc.oneof(
    { depthSize: "small" },
    tag,
    tag.map((t) => `!${t}`),
    tie("expression").map((e) => `(${e})`),
    tie("expression").map((e) => `! ( ${e} )`),
  ),
}));
const soup = fc
  .array(fc.oneof(tag, fc.constantFrom("(", ")", "!", "&&", "||", "&", " ", "\t", ",", "$")), { maxLength: 6 })
  .map((words) => words.join(""));
const old = fc
  .array(
    fc.array(
      fc.oneof(
        tag,
        tag.map((t) => `!${t}`),
        fc.constantFrom("!", "!!a", "", "a-b"),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    {
      maxLength: 3,
    },
  )
  .map((clauses) => clauses.map((words) => words.join(",")).join(" "));
const line = fc.oneof(
  { weight: 4, arbitrary: expression.map((e) => `//go:build ${e}`) },
  { weight: 1, arbitrary: soup.map((e) => `//go:build ${e}`) },
  { weight: 3, arbitrary: old.map((e) => `// +build ${e}`) },
  { weight: 1, arbitrary: old.map((e) => `//+build\t${e}`) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "",
      "",
      "// a remark",
      "/* a",
      "*/",
      "/* b */",
      " ",
      "//go:buildx a",
      "// +buildx b",
      "//go:build",
    ),
  },
);
const sample: fc.Arbitrary<Sample> = fc.record({
  Name: fc.constantFrom(
    "f.go",
    "f_linux.go",
    "f_windows_arm64.go",
    "linux.go",
    "f_amd64_test.go",
    "f_x_386.go",
    "a_b.go",
  ),
  Text: fc
    .tuple(fc.boolean(), fc.array(line, { maxLength: 5 }), fc.constantFrom("\n", "\n\n", "\r\n\r\n"))
    .map(([bom, lines, gap]) => `${bom ? "\ufeff" : ""}${lines.join("\n")}${gap}package p\n\n//go:build a\n`),
  GOOS: fc.constantFrom("linux", "windows", "android", "js"),
  GOARCH: fc.constantFrom("amd64", "arm64", "386"),
  Cgo: fc.boolean(),
  Tags: fc.subarray(["a", "b", "c.d", "x_1", "é"]),
});

it("reads files as the go command does", () => {
  const samples = fc.sample(sample, { numRuns: 6000, seed: 5 });
  const oracle = goBuild({ fixture: "constraints" });
  const answers = JSON.parse(
    execFileSync(oracle, { input: JSON.stringify(samples), encoding: "utf8", maxBuffer: 64 << 20 }),
  ) as string[];
  const wrong = samples.flatMap((one, i) =>
    ours(one) === answers[i] ? [] : [{ ...one, go: answers[i], pare: ours(one) }],
  );
  expect(wrong.slice(0, 3)).toEqual([]);
  // each answer is asked for often enough to mean something
  for (const answer of ["yes", "no", "error"])
    expect(answers.filter((each) => each === answer).length).toBeGreaterThan(300);
});

it("bounds what it is given", () => {
  expect(parseConstraint(`//go:build ${"(".repeat(100_000)}a`)).toBeUndefined();
  expect(parseConstraint(`//go:build ${"a&&".repeat(2000)}a`)).toBeUndefined();
  expect(parseConstraint(`// +build ${"a,".repeat(200)}a`)).toBeUndefined();
  expect(headerOf("/*".repeat(50_000))).toEqual({ constraint: null, package: "" });
});

it("names tags and the package", () => {
  const header = headerOf("// Copyright\n\n//go:build !a && (b || linux)\n\n/* doc */ package p_1 // here\n")!;
  expect(header.package).toBe("p_1");
  expect([...tagsOf(header.constraint!)]).toEqual(["a", "b", "linux"]);
});

it("knows what nobody sets by hand", () => {
  const own = ["linux", "wasm", "unix", "cgo", "gc", "go1.18", "amd64.v3", "goexperiment.arenas", "race", "ignore"];
  expect(own.filter((each) => !isToolchainTag(each))).toEqual([]);
  expect(["nomsgpack", "go_json", "codec.notfastpath", "gofuzz", "wasm_tiny"].filter(isToolchainTag)).toEqual([]);
});
