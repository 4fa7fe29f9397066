import { expect, test } from "vitest";
import type { ScheduleEvent } from "../../src/schedule/event.ts";
import { Cancelled, Executor, type ExecutorOptions, type Task, type TaskContext } from "../../src/schedule/executor.ts";

/** A task that runs until the test says so. */
class Held {
  readonly task: Task<string>;
  context: TaskContext | undefined;
  end: (value: string) => void = () => {};
  fail: (error: unknown) => void = () => {};

  constructor(key: string, memory = 0, alone = false) {
    const run = (context: TaskContext): Promise<string> => {
      this.context = context;
      return new Promise((resolve, reject) => {
        this.end = resolve;
        this.fail = reject;
        context.signal.addEventListener("abort", () => reject(new Error("killed")));
      });
    };
    this.task = { key, label: `task ${key}`, memory, alone, run };
  }

  get isRunning(): boolean {
    return this.context !== undefined;
  }
}

function executor(options: Partial<ExecutorOptions> = {}): { it: Executor; events: ScheduleEvent[] } {
  const events: ScheduleEvent[] = [];
  const onEvent = (event: ScheduleEvent): number => events.push(event);
  return { it: new Executor({ jobs: 2, memory: Infinity, freeMemory: () => Infinity, onEvent, ...options }), events };
}

/** Until everything that is due has been said. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
};

const waits = (events: readonly ScheduleEvent[]): string[] =>
  events.flatMap((e) => (e.type === "waiting" ? [`${e.key} ${e.reason} ${e.needs} ${e.free}`] : []));

test("as many tasks as jobs, in the order of asking, each key once", async () => {
  const { it, events } = executor();
  const [a, b, c] = ["a", "b", "c"].map((key) => new Held(key));
  const first = it.run(a.task);
  const again = it.run({ ...a.task, run: () => Promise.reject(new Error("run twice")) });
  const second = it.run(b.task);
  const third = it.run(c.task);
  await settled();
  expect([a, b, c].map((t) => t.isRunning)).toEqual([true, true, false]);
  b.end("B");
  await settled();
  expect(c.isRunning).toBe(true);
  a.end("A");
  c.end("C");
  expect(await Promise.all([first, again, second, third])).toEqual(["A", "A", "B", "C"]);
  await settled();
  expect(events.map((e) => `${e.type} ${e.key}`)).toEqual([
    "started a",
    "started b",
    "finished b",
    "started c",
    "finished a",
    "finished c",
  ]);
});

test("a timing runs by itself, after everything else that is known", async () => {
  const { it, events } = executor();
  const build = new Held("build");
  const timing = new Held("timing", 0, true);
  const later = new Held("later");
  const all = [it.run(timing.task), it.run(build.task).then(() => it.run(later.task))];
  await settled();
  expect([timing.isRunning, build.isRunning]).toEqual([false, true]);
  build.end("");
  await settled();
  // asked for when the first build was done, and still before the timing
  expect([timing.isRunning, later.isRunning]).toEqual([false, true]);
  later.end("");
  await settled();
  expect(timing.isRunning).toBe(true);
  const late = new Held("late");
  all.push(it.run(late.task));
  await settled();
  expect(late.isRunning).toBe(false);
  timing.end("");
  await settled();
  expect(late.isRunning).toBe(true);
  late.end("");
  await Promise.all(all);
  expect(waits(events)).toEqual(["timing alone 0 0"]);
});

test("the memory that is allowed holds what is expected; a task larger than it runs by itself", async () => {
  const { it, events } = executor({ jobs: 4, memory: 1000 });
  const a = new Held("a", 600);
  const b = new Held("b", 500);
  const c = new Held("c", 300);
  const huge = new Held("huge", 5000);
  const all = [a, b, c, huge].map((t) => it.run(t.task));
  await settled();
  // c is let in before b: there is room for it
  expect([a, b, c, huge].map((t) => t.isRunning)).toEqual([true, false, true, false]);
  a.end("");
  await settled();
  expect([b, huge].map((t) => t.isRunning)).toEqual([true, false]);
  b.end("");
  c.end("");
  await settled();
  expect(huge.isRunning).toBe(true);
  huge.end("");
  await Promise.all(all);
  expect(waits(events)).toEqual(["b limit 500 400", "huge limit 5000 100"]);
});

test("a task that holds more than was expected leaves less of the limit to the others", async () => {
  const { it } = executor({ jobs: 3, memory: 1000 });
  const a = new Held("a", 100);
  const b = new Held("b", 500);
  const first = it.run(a.task);
  await settled();
  a.context!.holds(700);
  const second = it.run(b.task);
  await settled();
  expect(b.isRunning).toBe(false);
  a.end("");
  await settled();
  b.end("");
  await Promise.all([first, second]);
});

test("what others are still going to take counts as taken, and waiting ends when memory comes back", async () => {
  let free = 1000;
  const { it, events } = executor({ jobs: 3, freeMemory: () => free });
  const a = new Held("a", 600);
  const b = new Held("b", 500);
  const all = [it.run(a.task), it.run(b.task)];
  await settled();
  expect(b.isRunning).toBe(false);
  // a holds all that it was expected to; something else on the machine has ended
  free = 900;
  a.context!.holds(600);
  await settled();
  expect(b.isRunning).toBe(true);
  a.end("");
  b.end("");
  await Promise.all(all);
  expect(waits(events)).toEqual(["b memory 500 400"]);
});

test("a failure is its task's own; giving up ends what runs and begins nothing", async () => {
  const { it, events } = executor();
  const a = new Held("a");
  const b = new Held("b");
  const c = new Held("c");
  const d = new Held("d");
  const answers = [a, b, c, d].map((t) =>
    it.run(t.task).then(
      () => "fine",
      (error: unknown) => (error instanceof Cancelled ? "cancelled" : String(error)),
    ),
  );
  await settled();
  a.fail(new Error("no"));
  await settled();
  expect(c.isRunning).toBe(true);
  it.cancel();
  expect(await Promise.all(answers)).toEqual(["Error: no", "cancelled", "cancelled", "cancelled"]);
  expect(d.isRunning).toBe(false);
  expect(events.flatMap((e) => (e.type === "failed" ? [`${e.key} ${e.reason}`] : []))).toEqual([
    "a error",
    "b cancelled",
    "c cancelled",
    "d cancelled",
  ]);
});

test("a task that throws before it has begun fails", async () => {
  const { it } = executor();
  const run = (): Promise<string> => {
    throw new Error("at once");
  };
  await expect(it.run({ key: "a", label: "a", memory: 0, run })).rejects.toThrow("at once");
});
