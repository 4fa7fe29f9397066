// The link probe against ordinary builds and the oracle: the program stays byte-identical, and every tracked byte has the linker's owner.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { profile } from "../../src/ledger/profile.ts";
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
    expect(readFileSync(path.join(work, "dump"), "latin1")).toMatch(/^pare-link-probe\t1\n(?:T\t.*\n)+(?:L\t|S\t)/);
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

it("a toolchain from the module cache gets a probe too", async () => {
  const old = goToolchain("go1.24.4");
  const env = { ...(await goEnv({ cwd: work, guard })), GOVERSION: old.version, GOROOT: old.goroot };
  const found = await linkProbe(env, guard);
  expect(found).toHaveProperty("linker");
});

it("says why there is none where the linker's source is missing", async () => {
  const env = { ...(await goEnv({ cwd: work, guard })), GOROOT: work };
  expect(await linkProbe(env, guard)).toEqual({ reason: `the source of ${env.GOVERSION}'s linker is not installed` });
});
