// Expected failures: a message that says what to do, and the exit code that scripts read.

export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  toolMissing: 3,
  unreadable: 4,
  network: 5,
  buildFailed: 6,
} as const;

/** Thrown by commands and turned into one line on stderr and an exit code by `run`. */
export class Failure extends Error {
  readonly exitCode: number;
  /** Shown with --verbose. */
  readonly detail: string;
  constructor(exitCode: number, message: string, detail = "") {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
    this.detail = detail;
  }
}
