// Programs built without some of their packages and functions: they compile, what should be gone is gone, and nothing of the user's changed.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ToolFailure } from "../../src/toolchain/failure.ts";
import type { FunctionEdit } from "../../src/toolchain/stubhelper.ts";
import { measureRemovals } from "../../src/toolchain/removed.ts";
import { type Measurement, type MeasureOptions, withMeasurement, type Without } from "../../src/toolchain/stubs.ts";
import { goToolchain } from "../fixture.ts";

const guard = () => () => {};
const SUBJECT = path.join(import.meta.dirname, "../fixtures/stubs");
const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
// a directory of its own: whatever is left behind shows
const scratch = path.join(work, "scratch");
const ENV = { GOFLAGS: "", GOENV: "off", GOWORK: undefined, CGO_ENABLED: "0", GOTMPDIR: scratch };
const fresh = (name: string): string => {
  const to = path.join(work, name);
  cpSync(SUBJECT, to, { recursive: true });
  return to;
};

beforeAll(() => mkdirSync(scratch));
afterAll(() => {
  expect(readdirSync(scratch)).toEqual([]);
  rmSync(work, { recursive: true });
});

function at<T>(
  cwd: string,
  pkg: string,
  run: (m: Measurement) => Promise<T>,
  more: Partial<MeasureOptions> = {},
): Promise<T> {
  const { env, ...rest } = more;
  return withMeasurement({ cwd, pkg, goFlags: ["-trimpath"], guard, ...rest, env: { ...ENV, ...env } }, run);
}

interface Built extends Without {
  /** Names of functions and variables. */
  readonly symbols: ReadonlySet<string>;
  readonly bytes: Buffer;
  readonly saved: number;
}

function looksInto(kind: (m: Measurement, look: (file: string) => void) => ReturnType<Measurement["remove"]>) {
  return async (m: Measurement): Promise<Built> => {
    const baseline = await m.baseline();
    let symbols = new Set<string>();
    let bytes = Buffer.alloc(0);
    const found = await kind(m, (file) => {
      const said = execFileSync("go", ["tool", "nm", file], { encoding: "utf8", maxBuffer: 64 << 20 });
      symbols = new Set(said.split("\n").map((line) => line.slice(11)));
      bytes = readFileSync(file);
    });
    if ("reason" in found) throw new Error(`${found.reason}: ${found.detail}`);
    expect(bytes.length).toBe(found.size);
    return { ...found, symbols, bytes, saved: baseline - found.size };
  };
}

const removing = (...names: string[]) => looksInto((m, look) => m.remove(names, look));
const changing = (...edits: FunctionEdit[]) => looksInto((m, look) => m.change(edits, look));

/** Every file below a directory, by content. */
function treeOf(directory: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()) {
    const file = path.join(directory, name);
    const { mode, mtimeMs } = statSync(file);
    hash.update(`${name} ${mode} ${mtimeMs} `);
    if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

describe("a package of which every kind of declaration is used", () => {
  it("leaves its API, and nothing behind it", async () => {
    const tree = treeOf(SUBJECT);
    const built = await at(SUBJECT, ".", removing("example.com/lib"));
    expect(treeOf(SUBJECT)).toBe(tree);
    expect(built.saved).toBeGreaterThan(500_000);
    expect(built.refused).toEqual([]);
    expect(built.packages.filter(({ asked }) => asked).map((p) => p.path)).toEqual([
      "example.com/lib",
      "example.com/lib/inner",
    ]);
    expect(built.kept).toEqual([
      {
        package: "example.com/lib",
        name: "Opaque",
        reason: "its type is example.com/lib/inner.hidden, which only that package can name",
      },
    ]);
    expect(built.symbols).toContain("example.com/lib.Add");
    expect(built.symbols).toContain("example.com/lib.(*square).Area");
    for (const gone of ["example.com/lib.init.0", "example.com/lib.init.1", "text/template.(*Template).Parse"])
      expect(built.symbols).not.toContain(gone);
    expect(built.bytes.includes("PAYLOAD of a file")).toBe(false);
  });

  it("in vendor, too", async () => {
    const twin = fresh("vendored");
    execFileSync("go", ["mod", "vendor"], { cwd: twin, env: { ...process.env, ...ENV } });
    const tree = treeOf(twin);
    const built = await at(twin, ".", removing("example.com/lib"));
    expect(treeOf(twin)).toBe(tree);
    expect(built.saved).toBeGreaterThan(500_000);
    expect(built.symbols).not.toContain("example.com/lib.init.0");
  });

  it("with an overlay of the user's own, which still counts", async () => {
    const here = fresh("overlaid");
    writeFileSync(path.join(here, "extra.txt"), "package lib\n\nvar Extra = both\n");
    writeFileSync(
      path.join(here, "main.txt"),
      'package main\n\nimport "example.com/lib"\n\nfunc main() { println(lib.Extra()) }\n',
    );
    const replace = { "lib/extra.go": "extra.txt", "main.go": "main.txt" };
    writeFileSync(path.join(here, "overlay.json"), JSON.stringify({ Replace: replace }));
    const built = await at(here, ".", removing("example.com/lib"), { goFlags: ["-overlay", "overlay.json"] });
    expect(built.symbols).toContain("example.com/lib.Extra");
    expect(built.symbols).not.toContain("example.com/lib.both");
  });
});

it("the standard library's large packages", { timeout: 600_000 }, async () => {
  const names = ["net/http", "encoding/json", "text/template", "regexp", "encoding/xml", "crypto/tls"];
  const env = { ...ENV };
  const { size, rows } = await measureRemovals(names, {
    cwd: SUBJECT,
    pkg: "./std",
    goFlags: ["-trimpath"],
    env,
    guard,
  });
  const savings = rows.map((row) => ("reason" in row ? `${row.target} ${row.reason} ${row.detail}` : size - row.size));
  // known to the kilobyte for no release of Go, but not to be taken for one another
  const least = [5e6, 3e5, 6e5, 2e5, 1e5, 2e6];
  expect(savings.map((saved, i) => (typeof saved === "number" && saved > least[i] ? "fine" : saved))).toEqual(
    names.map(() => "fine"),
  );
  const http = rows[0];
  expect("stubs" in http && http.stubs > 1000 && http.stubs < 200_000).toBe(true);
  // nobody else imports multipart; many import fmt
  const packages = "packages" in http ? http.packages : [];
  expect(packages).toContainEqual({ path: "mime/multipart", asked: false });
  expect(packages.map((p) => p.path)).not.toContain("fmt");
});

it("a package that C is a part of", { timeout: 600_000 }, async () => {
  const built = await at(SUBJECT, "./std", removing("net"), { env: { CGO_ENABLED: "1" } });
  expect(built.saved).toBeGreaterThan(300_000);
  expect([...built.symbols].filter((name) => name.includes("_C2func_getaddrinfo"))).toEqual([]);
});

it("a GOROOT in the module cache", { timeout: 600_000 }, async () => {
  const { version } = goToolchain("go1.22.12");
  const built = await at(SUBJECT, ".", removing("text/template", "reflect"), { env: { GOTOOLCHAIN: version } });
  expect(built.saved).toBeGreaterThan(500_000);
  expect(built.bytes.includes(version)).toBe(true);
});

describe("modules of the module cache", () => {
  const cached = path.join(SUBJECT, "cached");
  let cache = "";
  beforeAll(() => {
    const env = { ...process.env, ...ENV };
    execFileSync("go", ["mod", "download"], { cwd: cached, env });
    cache = execFileSync("go", ["env", "GOMODCACHE"], { cwd: cached, env, encoding: "utf8" }).trim();
  });
  // the last is older than modules are
  it.each([
    ["rsc.io/quote", "v1.5.2"],
    ["rsc.io/sampler", "v1.3.0"],
    ["golang.org/x/text", "v0.0.0-20170915032832-14c0d48ead0c"],
  ])("%s", async (name, version) => {
    const trees = (): string[] => [cached, path.join(cache, `${name}@${version}`)].map(treeOf);
    const before = trees();
    const built = await at(cached, ".", removing(name));
    expect(built.saved).toBeGreaterThan(100_000);
    expect(trees()).toEqual(before);
  });

  it("several at once, and one package alone", async () => {
    const both = await at(cached, ".", removing("rsc.io/sampler", "golang.org/x/text"));
    const one = await at(cached, ".", removing("golang.org/x/text/language"));
    expect(both.saved).toBeGreaterThan(one.saved);
    expect(one.packages.filter(({ asked }) => asked)).toEqual([{ path: "golang.org/x/text/language", asked: true }]);
  });

  it("in a workspace", async () => {
    const space = fresh("workspace");
    writeFileSync(
      path.join(space, "go.work"),
      "go 1.21\n\nuse (\n\t.\n\t./cached\n)\n\nreplace example.com/lib v1.0.0 => ./lib\n",
    );
    const tree = treeOf(space);
    const built = await at(space, "./cached", removing("rsc.io/quote"));
    expect(built.saved).toBeGreaterThan(100_000);
    expect(treeOf(space)).toBe(tree);
  });

  it("named by a -modfile of the user's", async () => {
    const here = fresh("modfile");
    const inner = path.join(here, "cached");
    for (const end of ["mod", "sum"]) {
      cpSync(path.join(inner, `go.${end}`), path.join(inner, `other.${end}`));
      writeFileSync(path.join(inner, `go.${end}`), end === "mod" ? "module example.com/cached\n" : "");
    }
    const built = await at(inner, ".", removing("rsc.io/quote"), { goFlags: ["-modfile=other.mod"] });
    expect(built.saved).toBeGreaterThan(100_000);
  });
});

describe("functions", () => {
  const reflection = (name: string): FunctionEdit => ({ Symbol: `main.${name}`, What: "reflection" });
  const lookups = [
    "direct",
    "promoted",
    "value",
    "expression",
    "through",
    "(*generic[...]).lookup.func1",
    "init.func1",
  ];

  it("without their lookups of methods keep no method for them", async () => {
    const built = await at(SUBJECT, "./lookup", changing(...lookups.map(reflection)));
    expect(built.refused).toEqual([]);
    expect(built.saved).toBeGreaterThan(500_000);
    expect(built.symbols).not.toContain("main.service.Unused");
    expect(built.symbols).toContain("main.service.Used");
    expect(built.symbols).toContain("main.promoted");
  });

  it.each(lookups)("with all but %s's keep them", async (left) => {
    const others = lookups.filter((name) => name !== left);
    const built = await at(SUBJECT, "./lookup", changing(...others.map(reflection)));
    expect(built.symbols).toContain("main.service.Unused");
  });

  it("of the standard library, and of others in one build", async () => {
    const names = ["text/template.(*state).evalField", "text/template.findFunction"];
    const edits = names.map((name): FunctionEdit => ({ Symbol: name, What: "reflection" }));
    const built = await at(SUBJECT, ".", changing(...edits, { Symbol: "example.com/lib.init.1", What: "body" }));
    expect(built.refused.map(({ name }) => name)).toEqual(["text/template.findFunction"]);
    expect(built.packages.map((p) => p.path)).toEqual(["example.com/lib", "text/template"]);
  });

  it("without a body answer zero values, and what they used is gone", async () => {
    const built = await at(SUBJECT, "./std", changing({ Symbol: "main.readXML", What: "body" }));
    expect(built.symbols).toContain("main.readXML");
    expect(built.symbols).not.toContain("encoding/xml.(*Decoder).unmarshal");
    // its inits are still there: the import is
    expect([...built.symbols].filter((name) => name.startsWith("encoding/xml."))).not.toEqual([]);
  });

  it("with a body that has no part in the program", async () => {
    const names = ["main.constant", "main.nothing", "example.org/p.F"];
    const edits = names.map((name): FunctionEdit => ({ Symbol: name, What: "reflection" }));
    const reasons = await at(SUBJECT, "./lookup", (m) =>
      Promise.all(edits.map(async (edit) => ("reason" in (await m.change([edit])) ? "refused" : "built"))),
    );
    expect(reasons).toEqual(["refused", "refused", "refused"]);
  });
});

describe("says no", () => {
  it.each([
    ["example.com/nothing", "example.com/nothing is not part of this build"],
    ["runtime", "runtime no Go program can do without it: the runtime needs it"],
    ["example.com/stubs", "example.com/stubs is the program itself"],
  ])("to %s", async (name, reason) => {
    expect(await at(SUBJECT, ".", (m) => m.remove([name]))).toEqual({ reason, detail: "" });
  });

  it("to a program that does not build, once", async () => {
    const here = fresh("broken");
    writeFileSync(path.join(here, "broken.go"), "package main\n\nvar broken = undefined\n");
    const failed = await at(here, ".", (m) => m.baseline()).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ToolFailure);
    expect((failed as ToolFailure).code).toBe("build-failed");
    expect((failed as ToolFailure).message.match(/undefined: undefined/g)).toHaveLength(1);
  });

  it.runIf(process.arch === "x64")("with Go's own words where a stub cannot stand in", async () => {
    const here = fresh("assembly");
    const text = '#include "textflag.h"\n\nTEXT';
    writeFileSync(path.join(here, "lib/only_amd64.s"), `${text} ·only(SB), NOSPLIT, $0\n\tRET\n`);
    writeFileSync(path.join(here, "more_amd64.s"), `${text} ·more(SB), NOSPLIT, $0\n\tJMP example·com∕lib·only(SB)\n`);
    writeFileSync(path.join(here, "more_amd64.go"), "package main\n\nfunc more()\n\nfunc init() { more() }\n");
    const found = await at(here, ".", (m) => m.remove(["example.com/lib"]));
    expect(found).toEqual({
      reason: "example.com/stubs does not build any more",
      detail: "main.more: relocation target example.com/lib.only not defined",
    });
  });
});
