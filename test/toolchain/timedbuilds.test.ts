import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { timedBuilds } from "../../src/toolchain/timedbuilds.ts";

const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(work, { recursive: true }));

it("times are of a build with an empty cache of its own, and of one with what that left in it", async () => {
  // the real command compiles the runtime for it: a stand-in that says what it found
  const log = path.join(work, "log");
  const script = `#!/bin/sh
if [ -e "$GOCACHE" ]; then echo "full $GOCACHE $*"; else mkdir "$GOCACHE"; echo "empty $GOCACHE $*"; fi >> ${log}
`;
  writeFileSync(path.join(work, "go"), script);
  chmodSync(path.join(work, "go"), 0o755);
  const env = { PATH: `${work}${path.delimiter}${process.env.PATH}` };
  const { cold, warm } = await timedBuilds("./cmd", ["-tags=x"], { cwd: work, env, guard: () => () => {} });
  expect(cold).toBeGreaterThan(0);
  expect(warm).toBeGreaterThan(0);
  const lines = readFileSync(log, "utf8").trim().split("\n");
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["empty", "full"]);
  const caches = new Set(lines.map((line) => line.split(" ")[1]));
  expect(caches.size).toBe(1);
  expect([...caches].some((cache) => existsSync(cache))).toBe(false);
  for (const line of lines) expect(line).toMatch(/ build -tags=x -o \S+ -- \.\/cmd$/);
});
