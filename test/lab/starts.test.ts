import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { behaviourOf, startRounds, type StartSetting } from "../../src/lab/starts.ts";

const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(work, { recursive: true }));
const task = { signal: new AbortController().signal, say: () => {} };

function program(name: string, script: string): { path: string } {
  const file = path.join(work, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { path: file };
}

const setting = (ready: StartSetting["ready"] = { kind: "exit" }): StartSetting => ({
  invocation: { env: {}, args: [] },
  ready,
  cwd: work,
  timeoutMs: 5000,
  guard: () => () => {},
});

describe("what a start shows", () => {
  it("a program that ends lives, whatever its code", async () => {
    const found = await behaviourOf(program("usage", "echo 'panic: button'; exit 0"), setting(), task);
    expect(found).toMatchObject({ lives: true, fails: false, what: "ends with 0" });
    const failing = await behaviourOf(program("fails", "echo usage; exit 64"), setting(), task);
    expect(failing).toMatchObject({ lives: true, fails: true, what: "ends with 64" });
  });

  it("one that crashes does not, and its last cry is told", async () => {
    const old = "This program can only be run on AMD64 processors with v4 microarchitecture support.";
    expect(await behaviourOf(program("old", `echo '${old}' >&2; exit 1`), setting(), task)).toMatchObject({
      lives: false,
      what: old,
    });
    const panic = program("panics", "printf 'starting\\npanic: no config\\n\\ngoroutine 1 [running]:\\n' >&2; exit 2");
    expect(await behaviourOf(panic, setting(), task)).toMatchObject({ lives: false, what: "panic: no config" });
    expect(await behaviourOf(program("killed", "kill -SEGV $$"), setting(), task)).toMatchObject({
      lives: false,
      what: "it was ended by SIGSEGV",
    });
  });

  it("one that keeps running is asked for its trace", async () => {
    const ready = setting({ kind: "output", pattern: /up/ });
    const trace = "goroutine 1 [IO wait]:\\nmain.main()\\n\\t/src/main.go:12 +0x1d\\n";
    const go = program("go", `trap "printf '${trace}' >&2; exit 2" QUIT; echo up; while :; do sleep 0.05; done`);
    expect(await behaviourOf(go, ready, task)).toMatchObject({ lives: true, traces: true });
    const deaf = program("deaf", "trap '' QUIT; echo up; while :; do sleep 0.05; done");
    expect(await behaviourOf(deaf, ready, task)).toMatchObject({ lives: true, traces: false });
  });
});

describe("rounds of starts", () => {
  it("take programs in turn, do not count the first round, and end early when time is up", async () => {
    const log = path.join(work, "log");
    const a = program("a", `echo a >> ${log}`);
    const b = program("b", `echo b >> ${log}`);
    const found = await startRounds([a, b], 10, setting(), task, () => true);
    expect(found.get(a)!.start!.value).toMatchObject({ runs: 3, readiness: "exit" });
    const { readFileSync } = process.getBuiltinModule("node:fs");
    expect(readFileSync(log, "utf8")).toBe("a\nb\n".repeat(4));
  });

  it("give up on what does not get ready", async () => {
    const bad = program("bad", "exit 3");
    const found = await startRounds([bad], 5, setting({ kind: "output", pattern: /up/ }), task, () => false);
    expect(found.get(bad)!.start).toBeUndefined();
    expect(found.get(bad)!.notes).toEqual([
      "start to warm up: it ended with 3 before it was ready",
      "start 1: it ended with 3 before it was ready",
    ]);
  });
});
