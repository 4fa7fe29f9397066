// Programs of WebAssembly, started: as Go links them, and after wasm-opt.
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Startable } from "../../src/lab/launch.ts";
import { behaviourOf, memoryOf, startRounds, type StartSetting } from "../../src/lab/starts.ts";
import { labVariants } from "../../src/lab/variants.ts";
import { type GoEnv, goEnv } from "../../src/toolchain/go.ts";
import { wasmOpt } from "../../src/toolchain/pack.ts";
import { wasmHost } from "../../src/toolchain/wasmhost.ts";
import { goBuild } from "../fixture.ts";

const work = realpathSync(mkdtempSync(path.join(tmpdir(), "pare-test-")));
afterAll(() => rmSync(work, { recursive: true }));
const guard = (): (() => void) => () => {};
const task = { signal: new AbortController().signal, say: () => {} };
const LINUX = { GOOS: "linux", GOARCH: "amd64" };

const setting = (args: readonly string[]): StartSetting => ({
  invocation: { env: { LAB_SETTING: "set" }, args },
  ready: { kind: "exit" },
  cwd: work,
  timeoutMs: 60_000,
  guard,
});

let go: GoEnv;
beforeAll(async () => {
  go = await goEnv({ cwd: work, guard });
});

function startable(file: string, goos: string): Startable {
  const host = wasmHost(goos, go.GOROOT);
  if ("reason" in host) throw new Error(host.reason);
  return { path: file, host };
}

describe.each(["js", "wasip1"])("a program for %s", (goos) => {
  const file = goBuild({ fixture: "wasm", goos, goarch: "wasm", ldflags: "-s -w" });

  it("gets its arguments, its environment and its directory", async () => {
    const found = await behaviourOf(startable(file, goos), setting(["a b", "$c"]), task);
    expect(found).toMatchObject({ lives: true, what: "ends with 0" });
    expect(found.output.split("\n").slice(0, 4)).toEqual(["a b", "$c", "set", work]);
  });

  it("fails and crashes as others do", async () => {
    expect(await behaviourOf(startable(file, goos), setting(["fail"]), task)).toMatchObject({
      lives: true,
      what: "ends with 3",
    });
    expect(await behaviourOf(startable(file, goos), setting(["panic"]), task)).toMatchObject({
      lives: false,
      what: "panic: told to",
    });
  });

  it("is measured with the start of its host, which is told", async () => {
    const program = startable(file, goos);
    const { start } = (await startRounds([program], 3, setting([]), task, () => false)).get(program)!;
    expect(start?.value.runs).toBe(3);
    expect(start?.how).toContain(`started by ${program.host?.name}, whose own start is in it`);
    expect((await memoryOf(program, setting([]), task)).note).toContain("not measured");
  });
});

const hasOptimiser = spawnSync("wasm-opt", ["--version"]).status === 0;

// the smallest program, for wasm-opt takes seconds for each megabyte; both systems have their code from one compiler
it.runIf(hasOptimiser)("a program still runs after wasm-opt", { timeout: 120_000 }, async () => {
  const file = goBuild({ fixture: "tiny", goos: "wasip1", goarch: "wasm", ldflags: "-s -w" });
  const variants = labVariants({
    flags: [],
    goflags: "",
    env: {},
    target: LINUX,
    host: LINUX,
    cgo: false,
    cpu: "v1",
    packages: new Set(["runtime"]),
    vendor: false,
  });
  const { pack } = variants.find(({ name }) => name === "wasip1/wasm wasm-opt")!;
  const smaller = path.join(work, "smaller.wasm");
  expect(await wasmOpt(file, smaller, pack!.args, { guard })).toEqual({ ok: true });
  expect(statSync(smaller).size).toBeLessThan(0.98 * statSync(file).size);
  const before = await behaviourOf(startable(file, "wasip1"), setting([]), task);
  expect(before).toMatchObject({ lives: true, what: "ends with 0" });
  expect(await behaviourOf(startable(smaller, "wasip1"), setting([]), task)).toEqual(before);
});

describe("a host", () => {
  it("is not there for other systems, nor in a Go without a loader", () => {
    expect(wasmHost("wasip2", go.GOROOT)).toEqual({ reason: "nothing here starts WebAssembly for wasip2" });
    expect(wasmHost("js", work)).toEqual({ reason: "this Go came without wasm_exec_node.js" });
  });

  it("keeps the environment small: the loader refuses a large one", async () => {
    process.env.PARE_TEST_LARGE = "x".repeat(20_000);
    try {
      const file = goBuild({ fixture: "wasm", goos: "js", goarch: "wasm", ldflags: "-s -w" });
      expect(await behaviourOf(startable(file, "js"), setting([]), task)).toMatchObject({ lives: true });
    } finally {
      delete process.env.PARE_TEST_LARGE;
    }
  });
});
