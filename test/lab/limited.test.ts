import { expect, test } from "vitest";
import { Budget } from "../../src/lab/budget.ts";
import { LimitedTasks } from "../../src/lab/limited.ts";
import { Executor, type TaskContext } from "../../src/schedule/executor.ts";

const executor = (): Executor =>
  new Executor({ jobs: 1, memory: Infinity, freeMemory: () => Infinity, onEvent: () => {} });
const untilTold = ({ signal }: TaskContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("told to end"))));

test("what does not end in time is told to, and is undefined", async () => {
  const tasks = new LimitedTasks(executor(), new Budget(0.05));
  expect(await tasks.run({ name: "a", label: "a", run: untilTold })).toBeUndefined();
  const deaf = ({ signal }: TaskContext): Promise<string> =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve("killed")));
  const other = new LimitedTasks(executor(), new Budget(0.05));
  expect(await other.run({ name: "deaf", label: "deaf", run: deaf })).toBeUndefined();
  // the time is over: it does not even begin
  expect(await tasks.run({ name: "b", label: "b", run: () => Promise.reject(new Error("begun")) })).toBeUndefined();
  expect(await tasks.run({ name: "c", label: "c", until: null, run: () => Promise.resolve(3) })).toBe(3);
});

test("some have less time than all, and what was waiting goes on", async () => {
  const tasks = new LimitedTasks(executor(), new Budget(Infinity));
  const slow = tasks.run({ name: "slow", label: "slow", until: new Budget(0.05), run: untilTold });
  const next = tasks.run({ name: "next", label: "next", run: () => Promise.resolve(7) });
  expect([await slow, await next]).toEqual([undefined, 7]);
});

test("what fails in time fails", async () => {
  const tasks = new LimitedTasks(executor(), new Budget(60));
  await expect(tasks.run({ name: "a", label: "a", run: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
});
