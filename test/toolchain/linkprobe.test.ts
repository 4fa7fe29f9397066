// The link probe against ordinary builds and the oracle: the program stays byte-identical, and every tracked byte has the linker's owner.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { regionAt } from "../../src/binary/executable.ts";
import { ONE_REFERRER, SEVERAL } from "../../src/ledger/ledger.ts";
import { profile } from "../../src/ledger/profile.ts";
import { readDump } from "../../src/toolchain/dump.ts";
import { build, goEnv } from "../../src/toolchain/go.ts";
import { linkProbe, probeBuild } from "../../src/toolchain/linkprobe.ts";
import { openSubject } from "../../src/toolchain/subject.ts";
import { goToolchain, oracleDump } from "../fixture.ts";
import { readTruth, score } from "../oracle/truth.ts";

const guard = () => () => {};
const fixture = (name: string): string => path.join(import.meta.dirname, "../fixtures", name);
const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(work, { recursive: true }));

const plain = { GOFLAGS: "", GOENV: "off", GOWORK: "off" };

async function probe(context: { cwd: string; guard: typeof guard }): Promise<string> {
  const found = await linkProbe(await goEnv(context), guard);
  if (!("linker" in found)) throw new Error(found.reason);
  return found.linker;
}

describe("the program that the probe links", () => {
  const targets: readonly [string, string, Record<string, string>, string[]][] = [
    ["linux/amd64", "hello", { GOOS: "linux", GOARCH: "amd64", CGO_ENABLED: "0" }, []],
    ["windows/amd64", "hello", { GOOS: "windows", GOARCH: "amd64", CGO_ENABLED: "0" }, []],
    ["js/wasm", "hello", { GOOS: "js", GOARCH: "wasm", CGO_ENABLED: "0" }, []],
    ["PIE", "hello", { CGO_ENABLED: "0" }, ["-buildmode=pie"]],
    ["cgo, linked by gcc", "cgo", { CGO_ENABLED: "1" }, ["-ldflags=-linkmode=external"]],
  ];
  it.each(targets)("is byte-identical: %s", async (_, name, env, flags) => {
    const context = { cwd: fixture(name), guard };
    const linker = await probe(context);
    const [ordinary, probed] = [path.join(work, `${name}-a`), path.join(work, `${name}-b`)];
    const options = [...flags, "-buildvcs=false", "-trimpath"];
    await build({ pkg: ".", flags: options, env: { ...plain, ...env }, output: ordinary }, context);
    const extra = probeBuild(linker, path.join(work, "dump"), true);
    const environment = { ...plain, ...env, ...extra.env };
    await build({ pkg: ".", flags: [...options, ...extra.flags], env: environment, output: probed }, context);
    expect(readFileSync(probed).equals(readFileSync(ordinary))).toBe(true);
    const dump = readDump(path.join(work, "dump"));
    expect(dump.packages).toContain("main");
    expect(dump.graph!.functions.symbol.length).toBeGreaterThan(500);
  });
});

it.each(["features", "server"])("every tracked byte of %s has the owner that the linker gave it", async (name) => {
  const oracle = oracleDump({ fixture: name, ldflags: "-s -w" });
  const subject = await openSubject(".", {
    cwd: fixture(name),
    goFlags: ["-ldflags=-s -w", "-buildvcs=false"],
    env: { ...plain, CGO_ENABLED: "0" },
    guard,
  });
  expect(subject.testimony).toBeDefined();
  const { ledger, exe, testimony } = profile(subject.bytes, { testimony: subject.testimony! });
  expect(testimony).toBe("link probe");
  const found = score(ledger, exe, await readTruth(oracle.dump));
  expect(found.tracked).toBeGreaterThan(subject.bytes.length * 0.6);
  expect(found.lenient).toBe(found.tracked);
  expect(found.strict).toBe(found.tracked);
});

it("writes the references that the linker followed", async () => {
  const context = { cwd: fixture("features"), guard };
  const oracle = oracleDump({ fixture: "features", ldflags: "-s -w" });
  const file = path.join(work, "graph");
  const extra = probeBuild(await probe(context), file, true);
  const flags = ["-ldflags=-s -w", "-buildvcs=false", ...extra.flags];
  const environment = { ...plain, CGO_ENABLED: "0", ...extra.env };
  await build({ pkg: ".", flags, env: environment, output: path.join(work, "program") }, context);
  const graph = readDump(file).graph!;
  const truth = new Map<number, Set<string>>();
  for (const row of readFileSync(oracle.dump, "utf8").split("\n")) {
    if (!row.startsWith("R\t")) continue;
    const [, symbol, ...relocations] = row.split("\t");
    truth.set(Number(symbol), new Set(relocations.map((r) => r.split(":", 2).join(":"))));
  }
  let checked = 0;
  const wrong: string[] = [];
  for (let i = 0; i < graph.symbol.length; i++) {
    for (let e = graph.start[i]; e < graph.start[i + 1]; e++) {
      if (graph.offset[e] === 0) continue;
      const reference = `${graph.offset[e]}:${graph.target[e]}`;
      checked++;
      if (!truth.get(graph.symbol[i])?.has(reference)) wrong.push(`${graph.symbol[i]} ${reference}`);
    }
  }
  expect(checked).toBeGreaterThan(10_000);
  expect(wrong).toEqual([]);
});

const MODES = ["-ldflags=-linkmode=external", "-buildmode=pie", "-buildmode=c-shared", "-buildmode=c-archive"];
it.each(MODES)("testifies where another linker places Go's sections: %s", async (mode) => {
  const goFlags = ["-buildvcs=false", mode];
  const subject = await openSubject(".", { cwd: fixture("cgo"), goFlags, env: { ...plain, CGO_ENABLED: "1" }, guard });
  const { ledger, exe, testimony, warnings } = profile(subject.bytes, { testimony: subject.testimony! });
  expect([testimony, warnings]).toEqual(["link probe", []]);
  const byEvidence = [0, 0, 0, 0];
  const names = new Map<number, string>();
  for (let i = 0; i < ledger.count; i++) {
    const end = i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size;
    byEvidence[ledger.evidence[i]] += end - ledger.start[i];
    names.set(ledger.start[i], ledger.symbols.get(ledger.symbol[i]));
  }
  expect(byEvidence[ONE_REFERRER] + byEvidence[SEVERAL]).toBeLessThan(200);
  if (mode === "-buildmode=c-archive") return;
  // variables stand where the finished file's own symbol table has them
  const symbols = exe.symbols();
  const checked: string[] = [];
  for (let i = 0; i < symbols.count; i++) {
    const name = symbols.name(i);
    const region = regionAt(exe.regions, symbols.rva[i]);
    if (!/^(?:internal|runtime|os|fmt)[./]/.test(name) || symbols.size[i] === 0) continue;
    if (!/^[dD]$/.test(String.fromCharCode(symbols.letter[i])) || !region) continue;
    // tables whose parts have owners of their own
    if (/^runtime\.(?:firstmoduledata|typelink|itablink)$/.test(name)) continue;
    if (names.get(region.offset + symbols.rva[i] - region.rva) !== name) checked.push(`not at its place: ${name}`);
    else checked.push("");
  }
  expect(checked.length).toBeGreaterThan(150);
  expect(checked.filter(Boolean)).toEqual([]);
});

it("does not testify of another program", async () => {
  const goFlags = ["-buildvcs=false"];
  const env = { ...plain, CGO_ENABLED: "0" };
  const other = await openSubject(".", { cwd: fixture("hello"), goFlags, env, guard });
  const { testimony } = await openSubject(".", { cwd: fixture("features"), goFlags, env, guard });
  const found = profile(other.bytes, { testimony: testimony! });
  expect(found.testimony).toBe("symbols");
  expect(found.warnings.join()).toMatch(/does not fit/);
});

it("the oldest toolchain, from the module cache, gets a probe too", async () => {
  const old = goToolchain("go1.22.12");
  const env = { ...(await goEnv({ cwd: work, guard })), GOVERSION: old.version, GOROOT: old.goroot };
  const found = await linkProbe(env, guard);
  expect(found).toHaveProperty("linker");
});

it("says why there is none where the linker's source is missing", async () => {
  const env = { ...(await goEnv({ cwd: work, guard })), GOROOT: work };
  expect(await linkProbe(env, guard)).toEqual({ reason: `the source of ${env.GOVERSION}'s linker is not installed` });
});
