// What the executor tells while it works; loggers render it. Each event names its task by key and label.

interface About {
  /** The task's identity. */
  readonly key: string;
  /** The task's name for people. */
  readonly label: string;
}

/** A task has what it needs and runs. */
export interface Started extends About {
  readonly type: "started";
}

/** A task could run but for one cause; told once for each cause. */
export interface Waiting extends About {
  readonly type: "waiting";
  /**
   * limit: with what runs already it would pass the memory that the user allows. memory: it would pass what is free on this machine.
   * alone: its timings would be spoilt by what runs.
   */
  readonly reason: "limit" | "memory" | "alone";
  /** Bytes that it is expected to need at its peak. */
  readonly needs: number;
  /** Bytes that are left of the limit, or free; 0 for "alone". */
  readonly free: number;
}

/** A line that the task wants to be seen while it runs. */
export interface Said extends About {
  readonly type: "said";
  readonly text: string;
}

export interface Finished extends About {
  readonly type: "finished";
  readonly seconds: number;
}

export interface Failed extends About {
  readonly type: "failed";
  /** error: its own. cancelled: it was ended, or never begun, because the whole was given up. */
  readonly reason: "error" | "cancelled";
  readonly error: unknown;
}

export type ScheduleEvent = Started | Waiting | Said | Finished | Failed;
