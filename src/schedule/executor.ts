// Runs tasks side by side as far as processors and memory allow, each once. The lab and the release give it their builds and timings;
// what depends on what is written with await: a task is asked for when its inputs are there.
import { performance } from "node:perf_hooks";
import type { ScheduleEvent } from "./event.ts";

export interface Task<T> {
  /** Identity: a second task of the same key is not run, its caller gets the first one's answer. */
  readonly key: string;
  /** Name for people, in progress and logs. */
  readonly label: string;
  /** Bytes that all its processes together are expected to hold at their peak. */
  readonly memory: number;
  /** Nothing else may run beside it: it takes times. Such tasks wait until no other is left. */
  readonly alone?: boolean;
  readonly run: (context: TaskContext) => Promise<T>;
}

export interface TaskContext {
  /** Aborted when the whole is given up: children must be ended. */
  readonly signal: AbortSignal;
  /** Bytes that the task's processes hold now, whenever it has been looked at. */
  readonly holds: (bytes: number) => void;
  /** A line to be seen while it runs. */
  readonly say: (text: string) => void;
}

export interface ExecutorOptions {
  /** Tasks at a time, 1 or more. */
  readonly jobs: number;
  /** Bytes that the tasks which run may be expected to hold together; a task larger than it runs by itself. Infinity: no limit. */
  readonly memory: number;
  /** Bytes that are free on this machine now. */
  readonly freeMemory: () => number;
  readonly onEvent: (event: ScheduleEvent) => void;
}

/** Why a task did not run to its end though nothing is wrong with it. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
    this.name = "Cancelled";
  }
}

interface Entry {
  readonly task: Task<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Bytes that it holds as far as is known. */
  held: number;
  /** Causes of waiting that were told. */
  readonly told: Set<string>;
}

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #running = new Set<Entry>();
  readonly #abort = new AbortController();
  #queue: Entry[] = [];
  #isDue = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Runs a task when there is room for it, in the order of asking. Rejects with its error, or with Cancelled. */
  run<T>(task: Task<T>): Promise<T> {
    const known = this.#answers.get(task.key);
    if (known !== undefined) return known as Promise<T>;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#queue.push({ task, resolve, reject, held: 0, told: new Set() });
    });
    this.#answers.set(task.key, answer);
    this.#later();
    return answer as Promise<T>;
  }

  /** Gives everything up: what runs is told to end, what waits never begins. */
  cancel(): void {
    this.#abort.abort();
    this.#later();
  }

  /** One look at the queue once all that is due has been said: who has just got an answer may ask for more first. */
  #later(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#abort.signal.aborted) {
      const given = this.#queue;
      this.#queue = [];
      for (const entry of given) this.#fail(entry, new Cancelled());
      return;
    }
    const waiting: Entry[] = [];
    const together = this.#queue.filter(({ task }) => task.alone !== true);
    for (const entry of this.#queue) {
      if (this.#mayStart(entry, together.length)) void this.#start(entry);
      else waiting.push(entry);
    }
    this.#queue = waiting;
  }

  #mayStart(entry: Entry, together: number): boolean {
    const { task } = entry;
    const running = [...this.#running];
    if (running.length >= this.#options.jobs || running.some((other) => other.task.alone === true)) return false;
    if (task.alone === true) {
      if (together === 0 && running.length === 0) return true;
      this.#wait(entry, "alone", 0);
      return false;
    }
    // one task may be larger than all there is: it must still be tried
    if (running.length === 0) return true;
    let expected = 0;
    let toCome = 0;
    for (const { task: other, held } of running) {
      expected += Math.max(other.memory, held);
      toCome += Math.max(other.memory - held, 0);
    }
    const left = this.#options.memory - expected;
    if (task.memory > left) {
      this.#wait(entry, "limit", Math.max(left, 0));
      return false;
    }
    const free = this.#options.freeMemory() - toCome;
    if (task.memory > free) {
      this.#wait(entry, "memory", Math.max(free, 0));
      return false;
    }
    return true;
  }

  #wait({ task, told }: Entry, reason: "limit" | "memory" | "alone", free: number): void {
    if (told.has(reason)) return;
    told.add(reason);
    const { key, label, memory } = task;
    this.#options.onEvent({ type: "waiting", key, label, reason, needs: memory, free });
  }

  async #start(entry: Entry): Promise<void> {
    const { key, label } = entry.task;
    this.#running.add(entry);
    this.#options.onEvent({ type: "started", key, label });
    const began = performance.now();
    try {
      const value = await entry.task.run({
        signal: this.#abort.signal,
        holds: (bytes) => {
          entry.held = bytes;
          if (this.#queue.length > 0) this.#later();
        },
        say: (text) => this.#options.onEvent({ type: "said", key, label, text }),
      });
      this.#options.onEvent({ type: "finished", key, label, seconds: (performance.now() - began) / 1000 });
      entry.resolve(value);
    } catch (error) {
      this.#fail(entry, error);
    } finally {
      this.#running.delete(entry);
      this.#later();
    }
  }

  #fail({ task: { key, label }, reject }: Entry, error: unknown): void {
    const isCancelled = this.#abort.signal.aborted;
    this.#options.onEvent({ type: "failed", key, label, reason: isCancelled ? "cancelled" : "error", error });
    reject(isCancelled ? new Cancelled() : error);
  }
}
