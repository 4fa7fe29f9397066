// From settings to a plan: targets, names, flags, and what is refused.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { releaseSchema } from "../../src/config/release.ts";
import { makePlan, type PlanError, type ReleaseFacts } from "../../src/release/plan.ts";
import { knownTargets, parseTarget, targetEnv, targetName, targetSlug } from "../../src/release/target.ts";
import { fill } from "../../src/release/template.ts";

const known = [
  "linux/amd64",
  "linux/arm",
  "linux/arm64",
  "darwin/amd64",
  "darwin/arm64",
  "windows/amd64",
  "js/wasm",
].map((pair) => ({ GOOS: pair.split("/")[0], GOARCH: pair.split("/")[1], CgoSupported: true, FirstClass: true }));
const facts: ReleaseFacts = {
  known,
  goVersion: "go1.26.0",
  module: "example.com/tool/v2",
  mains: ["."],
  revision: {
    described: "v1.2.3",
    commit: "0123456789abcdef0123456789abcdef01234567",
    isDirty: false,
    epoch: 1_700_000_000,
  },
  beside: ["README.md", "LICENSE", "go.mod"],
};

function plan(
  config: object,
  more: Partial<ReleaseFacts> = {},
  defaults?: { flags: string[]; env: Record<string, string> },
) {
  return makePlan(releaseSchema.parse(config), { ...facts, ...more }, defaults);
}

function problems(config: object, more: Partial<ReleaseFacts> = {}): string[] {
  try {
    plan(config, more);
  } catch (error) {
    return (error as PlanError).problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
  return [];
}

describe("the targets that Go knows", () => {
  it("are those of its own table, as go tool dist lists them", () => {
    const go = (...words: string[]): string => execFileSync("go", words, { encoding: "utf8" });
    const table = path.join(go("env", "GOROOT").trim(), "src/internal/platform/zosarch.go");
    const listed = JSON.parse(go("tool", "dist", "list", "-json")) as ReleaseFacts["known"];
    expect(knownTargets(readFileSync(table, "utf8"))).toEqual(
      listed.map(({ GOOS, GOARCH, CgoSupported, FirstClass }) => ({ GOOS, GOARCH, CgoSupported, FirstClass })),
    );
  });

  it("are not guessed where the table is written otherwise", () => {
    expect(knownTargets("")).toEqual([]);
    const rows =
      '\t{"a", "b"}: {Broken: true},\n\t{"c", "d"}: {CgoSupported: true, Broken: true},\n\t{"e", "f"}: {},\n';
    expect(knownTargets(rows)).toEqual([{ GOOS: "e", GOARCH: "f", CgoSupported: false, FirstClass: false }]);
  });
});

describe("targets", () => {
  it.each([
    ["linux/amd64/v3", ["linux/amd64/v3"], "linux_amd64_v3", { GOOS: "linux", GOARCH: "amd64", GOAMD64: "v3" }],
    ["linux/arm/7", ["linux/arm/7"], "linux_armv7", { GOOS: "linux", GOARCH: "arm", GOARM: "7" }],
    ["js/wasm", ["js/wasm"], "js_wasm", { GOOS: "js", GOARCH: "wasm" }],
    ["darwin/*", ["darwin/amd64", "darwin/arm64"], "darwin_amd64", { GOOS: "darwin", GOARCH: "amd64" }],
  ])("%s", (text, names, slug, env) => {
    const found = parseTarget(text, known);
    expect(found.map(targetName)).toEqual(names);
    expect(targetSlug(found[0])).toBe(slug);
    expect(targetEnv(found[0])).toEqual(env);
  });

  it.each([
    ["linux", /^linux is no target/],
    ["linux/", /is no target/],
    ["linux/amd64/", /is no target/],
    ["linux/amd64/v3/x", /is no target/],
    ["linx/amd64", /^Go knows no system linx/],
    ["linux/sparc", /^Go knows no linux\/sparc; linux goes with amd64, arm, arm64$/],
    ["linux/amd64/v9", /GOAMD64 is none of v1 to v4/],
    ["linux/*/v3", /a level goes with one architecture/],
  ])("%s is refused", (text, message) => {
    expect(() => parseTarget(text, known)).toThrow(message);
  });
});

describe("templates", () => {
  it("put values in as they are, and only where they are named", () => {
    expect(fill("a {{version}} {{ tag }} $(x) {", { version: "{{tag}}", tag: "$1" })).toBe("a {{tag}} $1 $(x) {");
  });

  it.each(["{{constructor}}", "{{version", "version}}", "{{}}", "{{a.b}}"])("%s is refused", (text) => {
    expect(() => fill(text, { version: "1" })).toThrow();
  });
});

describe("a plan", () => {
  it("without settings has the main packages for five targets, with LICENSE and README beside the program", () => {
    const { items, version, project, warnings } = plan({});
    expect({ version, project, warnings }).toEqual({ version: "1.2.3", project: "tool", warnings: [] });
    expect(items.map(({ id }) => id)).toEqual(
      ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"].map((target) => `tool ${target}`),
    );
    expect(items[4]).toEqual({
      id: "tool windows/amd64",
      build: "tool",
      package: ".",
      target: "windows/amd64",
      env: { GOOS: "windows", GOARCH: "amd64", CGO_ENABLED: "0" },
      flags: ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="],
      cgo: "auto",
      executable: "tool_windows_amd64/tool.exe",
      archive: {
        format: "zip",
        path: "tool_1.2.3_windows_amd64.zip",
        folder: "tool_1.2.3_windows_amd64",
        files: ["LICENSE", "README.md"],
        level: 6,
      },
      sbom: "tool_1.2.3_windows_amd64.cdx.json",
      systemPackages: [],
    });
  });

  it("fills ldflags, and joins tags", () => {
    const builds = [
      {
        package: "./cmd/app",
        tags: ["a", "b"],
        ldflags: "-X main.v={{version}} -X main.d={{date}} -X main.t={{target}}",
      },
    ];
    const [item] = plan({ targets: ["linux/arm/7"], builds }).items;
    expect(item.flags).toEqual([
      "-trimpath",
      "-buildvcs=false",
      "-tags=a,b",
      "-ldflags=-X main.v=1.2.3 -X main.d=2023-11-14T22:13:20Z -X main.t=linux_armv7",
    ]);
    expect(item.executable).toBe("app_linux_armv7/app");
  });

  it("takes the chosen variant where a build says nothing, and adds what makes it the same elsewhere", () => {
    const chosen = { flags: ["-tags=small", "-ldflags=-s"], env: { GOEXPERIMENT: "x" } };
    const [item] = plan({ targets: ["linux/amd64"] }, {}, chosen).items;
    expect(item.flags).toEqual(["-trimpath", "-buildvcs=false", "-tags=small", "-ldflags=-s"]);
    expect(item.env).toMatchObject({ GOEXPERIMENT: "x" });
  });

  it("says so when the tree is dirty, nameless or has several levels", () => {
    const { warnings, version, items } = plan(
      { targets: ["linux/amd64", "linux/amd64/v3"] },
      { revision: { described: "", commit: "", isDirty: true, epoch: 0 } },
    );
    expect(version).toBe("0.0.0-unversioned-dirty");
    expect(warnings.join("\n")).toMatch(
      /no commit .*\n.*not committed.*\n.*amd64 is built for v1 and v3: is there a measurement/,
    );
    expect(items.map(({ archive }) => archive?.path)).toEqual([
      "tool_0.0.0-unversioned-dirty_linux_amd64.tar.gz",
      "tool_0.0.0-unversioned-dirty_linux_amd64_v3.tar.gz",
    ]);
  });

  it("joins the two macOS programs", () => {
    const { universal } = plan({ targets: ["darwin/*"], universal: true });
    expect(universal).toMatchObject([
      { parts: ["tool darwin/amd64", "tool darwin/arm64"], executable: "tool_darwin_universal/tool" },
    ]);
  });

  it.each<[string, object, Partial<ReleaseFacts>, string]>([
    ["an unknown target", { targets: ["linux/amd64", "plan10/x"] }, {}, "release.targets.1: Go knows no system plan10"],
    [
      "a target in the environment",
      { builds: [{ package: ".", env: { GOOS: "x" } }] },
      {},
      "release.builds.0.env.GOOS: GOOS follows from the target",
    ],
    [
      "two of one name",
      { builds: [{ package: "./a/x" }, { package: "./b/x" }] },
      {},
      "release.builds.1: two builds are called x",
    ],
    [
      "one archive for two",
      { targets: ["linux/amd64", "linux/arm"], archive: { name: "{{name}}" } },
      {},
      "release.archive.name: tool linux/amd64 and tool linux/arm would both be tool.tar.gz",
    ],
    [
      "an unknown word",
      { builds: [{ package: ".", ldflags: "{{home}}" }] },
      {},
      "release.builds.0.ldflags: {{home}} means nothing here",
    ],
    ["nothing to build", {}, { mains: [] }, "release: the module has no main package"],
    [
      "half a universal program",
      { targets: ["darwin/arm64"], universal: true },
      {},
      "release.universal: a universal tool needs",
    ],
  ])("refuses %s", (_, config, more, message) => {
    // once, however many targets it is wrong for
    expect(problems(config, more).filter((problem) => problem.startsWith(message))).toHaveLength(1);
  });

  it.each([
    { name: "../x" },
    { name: "a\nb" },
    { builds: [{ package: "../other" }] },
    { builds: [{ package: "-o=x" }] },
    { builds: [{ package: ".", name: "a/b" }] },
    { builds: [{ package: ".", name: "$(id)" }] },
    { builds: [{ package: ".", ldflags: "a\nb" }] },
    { builds: [{ package: ".", flags: ["-toolexec=sh"] }] },
    { archive: { name: "../{{name}}" } },
    { archive: { name: "{{name}}/x" } },
    { archive: { files: ["/etc/passwd"] } },
    { archive: { files: ["a/../../x"] } },
    { targets: ["linux/amd64;id"] },
    { targets: [] },
  ])("settings refuse %j", (config) => {
    expect(releaseSchema.safeParse(config).success).toBe(false);
  });
});
