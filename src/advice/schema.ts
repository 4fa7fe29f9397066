// The shapes of knowledge/*.yaml. Imported only for types, to print or to test them: reading knowledge does not pay for zod.
import { z } from "zod";
import { SIZE } from "./figures.ts";
import { isGoRange, isVersionRange } from "./ranges.ts";
import { SCENARIOS } from "./scenarios.ts";

const text = z.string().min(1);
const url = z.url({ protocol: /^https$/ });
const size = z.string().regex(SIZE).describe('in the reporter\'s unit: "48 MB", "-521 KB", "25468606 B"');
const versions = z
  .string()
  .refine(isVersionRange, "no range of module versions")
  .describe('">=1.44.0 <1.61.3 || >1.62.0"');
const go = z.string().refine(isGoRange, "no range of Go versions").describe('">=1.26"');
const patterns = z
  .array(text)
  .min(1)
  .describe(
    'package paths without the module\'s major; "/..." at the end: and all below; "*": anything in one element',
  );
const module = text.describe("module path without its major");

const evidence = z
  .strictObject({
    how: z
      .enum(["measured", "reported", "documented"])
      .describe("measured by pare's authors, reported by the source's author, or documented"),
    what: text.describe("the program or package"),
    at: text.exactOptional().describe("versions, target, flags"),
    of: z
      .enum(["cure", "cause"])
      .exactOptional()
      .describe("whether before → after is the cure being applied (so if absent) or the trouble being brought in"),
    before: size.exactOptional(),
    after: size.exactOptional(),
    change: size.exactOptional(),
    percent: z
      .union([z.number(), z.tuple([z.number(), z.number()])])
      .exactOptional()
      .describe("of the size before; two: from, to"),
    says: text.exactOptional().describe("what there is instead of figures, or besides"),
    source: url.exactOptional().describe("which of the sources, if not the first"),
  })
  .refine(
    (e) =>
      (e.before === undefined) === (e.after === undefined) &&
      [e.before, e.change, e.percent, e.says].some((v) => v !== undefined),
    "needs before and after, change, percent, or says",
  );

const cure = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("tag"),
    tags: z.array(text).min(1),
    module: module.exactOptional().describe("who reads the tag"),
    versions: versions.exactOptional().describe("of that module, which read it"),
    text,
  }),
  z.strictObject({ kind: z.literal("upgrade"), module, to: versions.describe("the versions that are cured"), text }),
  z.strictObject({ kind: z.literal("go"), to: go, text }),
  z.strictObject({
    kind: z.literal("replace"),
    with: z.array(text).min(1).describe("packages, modules or programs"),
    text,
  }),
  z.strictObject({ kind: z.literal("code"), text, sample: text.exactOptional() }),
  z.strictObject({ kind: z.literal("remove"), text }),
  z.strictObject({ kind: z.literal("wait"), issue: url, text }).describe("open upstream"),
]);

const scene = z
  .strictObject({
    go: text.exactOptional(),
    tags: z.array(text).exactOptional(),
    modules: z
      .array(text.regex(/^[^@]+@[^@]*$/))
      .exactOptional()
      .describe('"path@version"'),
    packages: z.array(text).exactOptional().describe("linked packages; the path of every module counts as one"),
    symbol: text.exactOptional().describe("a reachable function that uses reflection, or a boxed type"),
    chain: z.array(text).exactOptional().describe("packages from main to the symbol's own"),
    from: text.exactOptional().describe("the Go version that it was built with before"),
  })
  .describe("a tiny program");

const common = {
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  title: text,
  why: text,
  sources: z.array(url).min(1),
  evidence: z.array(evidence).min(1),
  verified: z
    .union([z.iso.date(), z.literal("none")])
    .describe("when somebody last held the entry against the code or a build"),
  checked: text.exactOptional().describe("what was looked at for it"),
  doubt: text.exactOptional().describe("what nobody has checked"),
  cures: z.array(cure).min(1).exactOptional(),
  examples: z.strictObject({ fires: z.array(scene).min(1), quiet: z.array(scene).min(1) }),
};

const linked = z.strictObject({ module, versions: versions.exactOptional() });

export const blocker = z
  .strictObject({
    ...common,
    match: z
      .strictObject({
        in: patterns.exactOptional().describe("package of the function that uses reflection"),
        symbols: z.array(text).min(1).exactOptional().describe('its linker name; "*" at the end: whatever follows'),
        through: patterns.exactOptional().describe("a package on the chain to it"),
        linked: z
          .array(linked)
          .min(1)
          .exactOptional()
          .describe("modules that are linked, one of them in these versions"),
        go: go.exactOptional(),
      })
      .describe("all that is given must hold"),
    fallback: z.boolean().exactOptional().describe("told only where no other entry is: what is true in general"),
  })
  .describe("What turns the linker's method dead-code elimination off, and its cure");

export const duplicate = z
  .strictObject({
    ...common,
    libraries: z
      .array(z.strictObject({ name: text, packages: patterns, versions: versions.exactOptional() }))
      .describe("which do the same job; empty: any two majors of one module"),
    majors: z.boolean().exactOptional().describe("two majors of one library count as two"),
  })
  .describe("Libraries of which a program needs one");

export const tag = z
  .strictObject({
    ...common,
    tags: z
      .array(z.strictObject({ name: text, removes: text.exactOptional() }))
      .min(1)
      .describe("each may be set alone"),
    readBy: patterns,
    versions: versions.exactOptional().describe("of the module that reads it"),
    broken: z
      .array(z.strictObject({ versions, text }))
      .exactOptional()
      .describe("versions in which the tag has no effect"),
    removes: text,
    gone: patterns.exactOptional().describe("what is no longer linked; the tag is of use only if some of it is"),
    costs: text.describe("what the program can no longer do"),
    effect: z.literal("grows").exactOptional().describe("setting it makes the program larger, not smaller"),
  })
  .describe("A build tag that a library or program reads");

export const heavy = z
  .strictObject({
    ...common,
    packages: patterns.exactOptional(),
    versions: versions.exactOptional(),
    types: z
      .array(text)
      .min(1)
      .exactOptional()
      .describe(
        "patterns like those of packages: types that are heavy once they, or pointers to them, are converted to an interface",
      ),
  })
  .refine((e) => (e.packages === undefined) !== (e.types === undefined), "needs either packages or types")
  .describe("A dependency that costs much, and what does its job for less");

export const version = z
  .strictObject({
    ...common,
    go: go.exactOptional(),
    linked: z.array(linked).min(1).exactOptional().describe("modules that must all be linked"),
    since: text.exactOptional().describe("the Go version that changed the size of programs by itself"),
  })
  .refine((e) => (e.since === undefined) !== (e.linked === undefined), "needs either linked or since")
  .describe("Versions that go badly together, and what a toolchain does to sizes");

export const testPackage = z
  .strictObject({ ...common, packages: patterns })
  .describe("Packages that belong into tests");

export const buildRule = z
  .strictObject({
    code: z
      .string()
      .regex(/^[BCDM]\d{3}$/)
      .describe("B: commands that build, C: CI, D: images, M: modules and the program"),
    slug: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
    severity: z.enum(["note", "warning", "error"]),
    title: text,
    why: text,
    costs: text.describe("what it costs, and how that is told"),
    quiet: text.exactOptional().describe("where the rule says nothing, and why"),
    holds: text.describe("versions of the tools that it holds for"),
    cure: text,
    example: z
      .strictObject({ file: text.exactOptional().describe("its name, if a file shows it"), before: text, after: text })
      .describe("the trouble and its cure, as short as can be"),
    fix: text.exactOptional().describe("what --fix does"),
    evidence: z.array(evidence).min(1).exactOptional(),
    sources: z.array(url).min(1),
    verified: z.union([z.iso.date(), z.literal("none")]),
  })
  .describe("A rule about build files");

/** Values of a build that a scenario may want small. */
export const MEASURED = ["file", "gzip", "zstd", "xz", "brotli", "start", "private", "build"] as const;

export const scenario = z
  .strictObject({
    id: z.enum(SCENARIOS),
    title: text,
    for: text.describe("where it runs, and how it gets there"),
    target: z
      .literal("wasm")
      .exactOptional()
      .describe("only builds for this; without it, only those for the lab's own"),
    minimise: z
      .array(z.strictObject({ measure: z.enum(MEASURED), weight: z.number().positive().max(1), why: text }))
      .min(1),
    rules: z.array(
      z.union([
        z.strictObject({
          require: z.enum(["panicTrace", "pprof", "debugInfo", "aslr", "noLibraries"]),
          value: z.boolean(),
          prefer: z.literal(true).exactOptional().describe("only where some variant that is left has it"),
          why: text,
        }),
        z.strictObject({
          exclude: z
            .enum(["cgo", "pie", "cpu", "inlining", "tags", "vendor", "own", "upx", "wasm", "tinygo"])
            .describe("a group of variants"),
          unless: z.literal("faster").exactOptional().describe("a benchmark shows that it is"),
          why: text,
        }),
      ]),
    ),
    sources: z.array(url).min(1),
  })
  .describe("What programs are shipped for, and what that asks of a build");

/** What each file of knowledge/ holds, by the file's name. */
export const SCHEMAS = {
  blockers: z.array(blocker),
  buildfiles: z.array(buildRule),
  duplicates: z.array(duplicate),
  heavy: z.array(heavy),
  scenarios: z.array(scenario),
  tags: z.array(tag),
  testpackages: z.array(testPackage),
  versions: z.array(version),
};

export type FileName = keyof typeof SCHEMAS;
export type Knowledge = { readonly [K in FileName]: z.infer<(typeof SCHEMAS)[K]> };
export type Blocker = z.infer<typeof blocker>;
export type BuildRule = z.infer<typeof buildRule>;
export type Duplicate = z.infer<typeof duplicate>;
export type Heavy = z.infer<typeof heavy>;
export type ScenarioRules = z.infer<typeof scenario>;
export type Tag = z.infer<typeof tag>;
export type TestPackage = z.infer<typeof testPackage>;
export type VersionNote = z.infer<typeof version>;
export type Cure = z.infer<typeof cure>;
export type Scene = z.infer<typeof scene>;

/** JSON Schema (2020-12) of the knowledge files: one member a file. */
export function knowledgeJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(z.strictObject(SCHEMAS).describe("The files of knowledge/, one member each"), { io: "input" });
}
