import { expect, test } from "vitest";
import { run } from "../../src/toolchain/process.ts";
import { canMeasure, watchTree } from "../../src/toolchain/processtree.ts";

const guard = () => (): void => {};

/** A process whose child holds memory until it is told to go. */
const CHILD = `const held = Buffer.alloc(80 << 20, 1); process.stdout.write("held"); process.stdin.on("data", () => process.exit(held.length & 1));`;
const PARENT = `const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(CHILD)}], { stdio: ["pipe", "pipe", "inherit"] });
child.stdout.on("data", () => setTimeout(() => child.stdin.write("go"), 300)); child.on("exit", (code) => process.exit(code));`;

test.runIf(canMeasure)("what children hold counts, and the time of those that have ended", async () => {
  let watch: ReturnType<typeof watchTree> | undefined;
  let most = 0;
  const { code } = await run(process.execPath, ["-e", PARENT], {
    guard,
    onStart: (pid) => {
      watch = watchTree(pid, (bytes) => {
        most = Math.max(most, bytes);
      });
    },
  });
  expect(code).toBe(0);
  const usage = watch!.stop();
  expect(usage.peakBytes).toBe(most);
  expect(usage.peakBytes).toBeGreaterThan(100 << 20);
  expect(usage.cpuSeconds).toBeGreaterThan(0);
  expect(usage.looks).toBeGreaterThan(2);
});

test("a task that is given up takes its command's whole tree with it", async () => {
  const abort = new AbortController();
  const forever = `require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" }); console.log("up"); setInterval(() => {}, 1000)`;
  // the pipes close only when the grandchild has gone too
  const { code, stdout } = await run(process.execPath, ["-e", forever], {
    guard,
    signal: abort.signal,
    onStart: () => setTimeout(() => abort.abort(), 1000),
  });
  expect([code, stdout]).toEqual([-1, "up\n"]);
});
