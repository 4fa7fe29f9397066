// What goes wrong outside of pare, as values that the command line turns into exit codes.

/** go-missing: no go command. build-failed: the compiler or linker said no. no-package, not-main: nothing to build. flags: what cannot be asked of go build here. unreadable: no such input. tool: another tool failed. */
export type ToolCode = "go-missing" | "build-failed" | "no-package" | "not-main" | "flags" | "unreadable" | "tool";

export class ToolFailure extends Error {
  readonly code: ToolCode;
  /** More for --verbose. */
  readonly detail: string;
  constructor(code: ToolCode, message: string, detail = "") {
    super(message);
    this.name = "ToolFailure";
    this.code = code;
    this.detail = detail;
  }
}

/** Registers synchronous work to be done if the process is interrupted; the answer takes it back. */
export type Guard = (cleanup: () => void) => () => void;
