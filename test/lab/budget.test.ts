import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Budget, OutOfTime, within } from "../../src/lab/budget.ts";
import { run } from "../../src/toolchain/process.ts";
import { withTemporary } from "../../src/toolchain/temporary.ts";

const guard = () => (): void => {};

test("what is left never falls below nothing", () => {
  let now = 5_000;
  const budget = new Budget(10, () => now);
  now = 9_000;
  expect([budget.spent, budget.left]).toEqual([4, 6]);
  const half = budget.share(0.5);
  expect([half.spent, half.left]).toEqual([0, 3]);
  now = 10_000;
  expect([half.left, budget.left]).toEqual([2, 5]);
  expect(new Budget(Infinity).share(0.5).left).toBe(Infinity);
  now = 60_000;
  expect([budget.spent, budget.left]).toEqual([55, 0]);
});

test("work that ends in time answers, and fails as it does", async () => {
  expect(await within(60, guard, () => Promise.resolve(7))).toBe(7);
  await expect(within(60, guard, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("when time is over processes and directories go, also those that are begun afterwards", async () => {
  const forever = ["-e", "setInterval(() => {}, 1000)"];
  let directory = "";
  let codes: number[] = [];
  const work = within(0.3, guard, (guarded) =>
    withTemporary(guarded, async (made) => {
      directory = made;
      const first = await run(process.execPath, forever, { guard: guarded });
      // somebody who tries again does not get far
      const second = await run(process.execPath, forever, { guard: guarded });
      codes = [first.code, second.code];
      throw new Error("killed");
    }),
  );
  await expect(work).rejects.toThrow(OutOfTime);
  expect(codes).toEqual([-1, -1]);
  expect(existsSync(directory)).toBe(false);
});
