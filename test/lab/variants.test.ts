import { describe, expect, it } from "vitest";
import { commandsOf } from "../../src/lab/command.ts";
import type { Variant } from "../../src/lab/model.ts";
import { choose, globMatches, globsOf } from "../../src/lab/plan.ts";
import { chosenBuild, plainBuild, releaseSteps } from "../../src/lab/steps.ts";
import { derived, type LabFacts, labVariants } from "../../src/lab/variants.ts";
import { ToolFailure } from "../../src/toolchain/failure.ts";

const LINUX = { GOOS: "linux", GOARCH: "amd64" };
const facts = (more: Partial<LabFacts> = {}): LabFacts => ({
  flags: [],
  goflags: "",
  env: {},
  target: LINUX,
  host: LINUX,
  cgo: true,
  cpu: "v1",
  packages: new Set(["runtime", "time", "net/http"]),
  vendor: false,
  ...more,
});
const names = (variants: readonly Variant[]): string[] => variants.map(({ name }) => name);
const named = (variants: readonly Variant[], name: string): Variant => variants.find((v) => v.name === name)!;

describe("variants of a lab", () => {
  const all = labVariants(facts());

  it("are all that the guides name, each behind the one that it starts from", () => {
    expect(names(all)).toEqual([
      "default",
      "-w",
      "-s -w",
      "release",
      "CGO_ENABLED=0",
      "pie",
      "CGO_ENABLED=0 pie",
      "GOAMD64=v2",
      "GOAMD64=v3",
      "GOAMD64=v4",
      "no inlining",
      "tag nethttpomithttp2",
      "tag timetzdata",
      "no bounds checks",
      "no write barriers",
      "upx -1",
      "upx -5",
      "upx -9",
      "upx --best --lzma",
      "upx --best",
      "upx --brute",
      "js/wasm",
      "js/wasm wasm-opt",
      "wasip1/wasm",
      "wasip1/wasm wasm-opt",
      "tinygo",
      "tinygo -opt=z",
      "tinygo wasm",
    ]);
    for (const [i, { from, pack }] of all.entries()) {
      if (i > 0) expect(names(all.slice(0, i))).toContain(from);
      if (pack) expect(pack.of).toBe(from);
    }
  });

  it("say what is unsafe, refused, or on request only", () => {
    expect(all.filter(({ unsafe }) => unsafe !== undefined).map(({ name }) => name)).toEqual([
      "no bounds checks",
      "no write barriers",
    ]);
    expect(all.filter(({ refused }) => refused !== undefined).map(({ name }) => name)).toEqual(["no write barriers"]);
    expect(named(all, "no bounds checks").onRequest).toBe("never recommended");
  });

  it("depend on the program, the target and what is in force", () => {
    const plain = names(labVariants(facts({ packages: new Set(["runtime"]), cgo: false, vendor: true })));
    expect(plain).not.toContain("tag nethttpomithttp2");
    expect(plain).not.toContain("tag timetzdata");
    expect(plain).toContain("CGO_ENABLED=1");
    expect(plain).toContain("-mod=vendor");
    const arm = labVariants(facts({ target: { GOOS: "linux", GOARCH: "arm64" }, cgo: false, cpu: "v8.0" }));
    expect(names(arm)).toEqual(expect.arrayContaining(["GOARM64=v8.0,lse", "GOARM64=v9.0"]));
    // C for another processor needs another compiler
    expect(names(arm)).not.toContain("CGO_ENABLED=1");
    const old = names(labVariants(facts({ target: { GOOS: "linux", GOARCH: "arm" }, cpu: "6" })));
    expect(old).toEqual(expect.arrayContaining(["GOARM=5", "GOARM=7"]));
    expect(old).not.toContain("GOARM=6");
    const wasm = labVariants(facts({ target: { GOOS: "js", GOARCH: "wasm" }, cgo: false, cpu: "" }));
    expect(names(wasm)).toEqual(expect.arrayContaining(["wasm-opt", "wasip1/wasm", "tinygo wasm"]));
    expect(names(wasm).some((name) => /upx|pie|^js/.test(name))).toBe(false);
  });

  it("keep the user's own flags, and do not do twice what these do already", () => {
    const own = labVariants(facts({ flags: ["-tags=x", "-ldflags=-X a.b=c"], goflags: "-mod=mod" }));
    expect(named(own, "release").flags).toEqual([
      "-tags=x",
      "-trimpath",
      "-buildvcs=false",
      "-ldflags=-X a.b=c -s -w -buildid=",
    ]);
    expect(named(own, "tag timetzdata").flags).toContain("-tags=x,timetzdata");
    expect(named(own, "tag timetzdata").tags).toEqual(["timetzdata"]);
    // TinyGo knows none of the others
    expect(named(own, "tinygo").flags).toEqual(["-tags=x"]);
    const stripped = labVariants(facts({ flags: ["-ldflags=-s -w"] }));
    expect(names(stripped)).not.toContain("-w");
    expect(names(stripped)).not.toContain("-s -w");
    expect(named(stripped, "release").from).toBe("default");
  });

  it("can be added to", () => {
    const more = derived(
      "small",
      "own",
      named(all, "CGO_ENABLED=0"),
      { tags: ["a"], env: { GOAMD64: "v3" }, price: "x" },
      "",
    );
    expect(more).toMatchObject({
      name: "small",
      group: "own",
      from: "CGO_ENABLED=0",
      env: { CGO_ENABLED: "0", GOAMD64: "v3" },
      tags: ["a"],
      price: "x",
    });
    expect(more.flags).toContain("-tags=a");
    // a build of its own, not a packed file
    expect("pack" in derived("y", "own", named(all, "upx -1"), {}, "")).toBe(false);
  });

  it("have a command line", () => {
    expect(commandsOf(named(all, "CGO_ENABLED=0"), "./cmd/x", "x").build.join(" ")).toBe(
      "CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags=-s -w -buildid= -o x ./cmd/x",
    );
    expect(commandsOf(named(all, "upx --best --lzma"), ".", "x").pack).toEqual(["upx", "--best", "--lzma", "x"]);
    expect(commandsOf(named(all, "js/wasm wasm-opt"), ".", "x.wasm").pack!.slice(-3)).toEqual([
      "x.wasm",
      "-o",
      "x.wasm",
    ]);
  });

  it("are the steps of bare pare", () => {
    expect(releaseSteps(plainBuild([]), true, "").map(({ change }) => change)).toEqual([
      "go build",
      "-s -w",
      "-trimpath -buildvcs=false -buildid=",
      "CGO_ENABLED=0",
    ]);
    expect(releaseSteps(plainBuild(["-ldflags=-s -w"]), false, "").map(({ change }) => change)).toEqual([
      "go build",
      "-trimpath -buildvcs=false -buildid=",
    ]);
  });

  it("start from the variant that was chosen, if Go makes it", () => {
    const chosen = { variant: "mine", flags: ["-trimpath", "-tags=x"], env: { CGO_ENABLED: "0" } };
    const steps = releaseSteps(chosenBuild(chosen, ["-mod=mod"])!, false, "");
    expect(steps.map(({ change }) => change)).toEqual([
      "go build, chosen: mine",
      "-s -w",
      "-trimpath -buildvcs=false -buildid=",
    ]);
    expect(steps[0]).toMatchObject({ flags: ["-trimpath", "-tags=x", "-mod=mod"], env: { CGO_ENABLED: "0" } });
    for (const { env, flags } of steps) {
      expect(env).toEqual({ CGO_ENABLED: "0" });
      expect(flags).toContain("-tags=x");
    }
    expect(chosenBuild({ variant: "upx -1", pack: { tool: "upx", args: ["-1"] } }, [])).toBeUndefined();
    expect(chosenBuild({ variant: "tinygo", tool: "tinygo" }, [])).toBeUndefined();
  });
});

describe("the choice of variants", () => {
  const all = labVariants(facts());
  const chosen = (only: string[], skip: string[] = [], thorough = false): string[] =>
    names(choose(all, { only, skip, thorough }).chosen);

  it("has the user's own build and what packed ones start from", () => {
    expect(chosen(["upx -1"])).toEqual(["default", "release", "upx -1"]);
    expect(chosen(["js/wasm wasm-opt"])).toEqual(["default", "js/wasm", "js/wasm wasm-opt"]);
    expect(chosen(["upx*"], ["upx --*"])).toEqual(["default", "release", "upx -1", "upx -5", "upx -9"]);
  });

  it("leaves out what nobody asked for, and lists it", () => {
    expect(chosen([])).not.toContain("upx --brute");
    expect(chosen([], [], true)).toEqual(names(all));
    expect(names(choose(all, { only: [], skip: ["js*"], thorough: false }).onRequest)).toEqual([
      "no bounds checks",
      "upx --best",
      "upx --brute",
      "wasip1/wasm",
      "wasip1/wasm wasm-opt",
    ]);
  });

  it("refuses a glob that matches none, and suggests", () => {
    expect(() => chosen(["upx -l"])).toThrow(ToolFailure);
    expect(() => chosen(["upx -l"])).toThrow(/Did you mean upx -1\?/);
  });

  it("takes globs literally but for * and ?", () => {
    expect(globMatches("upx -?", "upx -1")).toBe(true);
    expect(globMatches("upx -?", "upx --best")).toBe(false);
    expect(globMatches("GOARM64=v8.0,lse", "GOARM64=v8x0,lse")).toBe(false);
    expect(globMatches("*", "a\nb")).toBe(true);
    expect(globsOf("a, b,GOARM64=v8.0,lse,,c")).toEqual(["a", "b", "GOARM64=v8.0,lse", "c"]);
  });
});
