// Tasks of the lab within its time budget: what has not ended by then is given up.
import type { Executor, TaskContext } from "../schedule/executor.ts";
import type { Budget } from "./budget.ts";

/** Bytes that a task is expected to hold if it builds nothing. */
export const SMALL_BYTES = 100e6;

export interface LimitedTask<T> {
  /** Unlike those of all other tasks. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Bytes that its processes hold at their peak. */
  readonly memory?: number;
  /** Nothing else may run beside it. */
  readonly alone?: boolean;
  /** When to give it up, if sooner than all others; null: never. */
  readonly until?: Budget | null;
  readonly run: (context: TaskContext) => Promise<T>;
}

export class LimitedTasks {
  readonly #executor: Executor;
  readonly #budget: Budget;

  constructor(executor: Executor, budget: Budget) {
    this.#executor = executor;
    this.#budget = budget;
  }

  /** Runs a task when there is room for it; undefined if it did not end in time. Rejects with its error, or with Cancelled. */
  async run<T>({
    name,
    label,
    memory = SMALL_BYTES,
    alone = false,
    until,
    run,
  }: LimitedTask<T>): Promise<T | undefined> {
    const budget = until === undefined ? this.#budget : until;
    if (budget?.left === 0) return undefined;
    let isSpent = false;
    const limited = async (context: TaskContext): Promise<T> => {
      if (budget === null || budget.left === Infinity) return run(context);
      const spent = new AbortController();
      const giveUp = (): void => {
        isSpent = true;
        spent.abort();
      };
      const timer = setTimeout(giveUp, budget.left * 1000);
      try {
        const answer = await run({ ...context, signal: AbortSignal.any([context.signal, spent.signal]) });
        // what processes say that were told to end is no answer
        spent.signal.throwIfAborted();
        return answer;
      } finally {
        clearTimeout(timer);
      }
    };
    try {
      return await this.#executor.run({ key: name, label, memory, alone, run: limited });
    } catch (error) {
      if (isSpent) return undefined;
      throw error;
    }
  }
}
