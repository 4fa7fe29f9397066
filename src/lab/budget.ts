// How long optional work may take: what does not fit is left out, and said to be.
import { performance } from "node:perf_hooks";
import type { Guard } from "../toolchain/failure.ts";

/** What is said of what was left out. */
export const NO_TIME = "the time budget was spent";

export class Budget {
  readonly #seconds: number;
  readonly #began: number;
  readonly #now: () => number;

  /** `now` answers milliseconds. */
  constructor(seconds: number, now: () => number = () => performance.now()) {
    this.#seconds = seconds;
    this.#now = now;
    this.#began = now();
  }

  /** Seconds since the beginning. */
  get spent(): number {
    return (this.#now() - this.#began) / 1000;
  }

  /** Seconds that are left, 0 or more. */
  get left(): number {
    return Math.max(0, this.#seconds - this.spent);
  }

  /** A budget that begins now and has a part, from 0 to 1, of what is left of this one. */
  share(part: number): Budget {
    return new Budget(part * this.left, this.#now);
  }
}

/** Work that did not end in time. */
export class OutOfTime extends Error {
  constructor() {
    super(NO_TIME);
    this.name = "OutOfTime";
  }
}

/** Runs work that starts processes under the guard that it is given, and ends these when the time is over. Throws OutOfTime then. */
export async function within<T>(seconds: number, guard: Guard, work: (guard: Guard) => Promise<T>): Promise<T> {
  const ends = new Set<() => void>();
  let isOver = false;
  const guarded: Guard = (cleanup) => {
    ends.add(cleanup);
    const release = guard(cleanup);
    if (isOver) cleanup();
    return () => {
      ends.delete(cleanup);
      release();
    };
  };
  const timer = setTimeout(() => {
    isOver = true;
    // as on an interrupt: a process goes before the directory that it writes to
    for (const end of [...ends].reverse()) end();
  }, seconds * 1000);
  try {
    return await work(guarded);
  } catch (error) {
    throw isOver ? new OutOfTime() : error;
  } finally {
    clearTimeout(timer);
  }
}
