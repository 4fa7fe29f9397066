// Whatever a command threw → one line on stderr and an exit code.
import { InputError } from "../binary/bytes.ts";
import { ConfigError } from "../config/failure.ts";
import { ViewError } from "../ledger/views.ts";
import { visible } from "../report/escape.ts";
import { type ToolCode, ToolFailure } from "../toolchain/failure.ts";
import { EXIT, Failure } from "./failure.ts";

const TOOL_EXITS: { readonly [C in ToolCode]: number } = {
  "go-missing": EXIT.toolMissing,
  "build-failed": EXIT.buildFailed,
  "no-package": EXIT.unreadable,
  "not-main": EXIT.usage,
  flags: EXIT.usage,
  unreadable: EXIT.unreadable,
  tool: EXIT.toolMissing,
};

/** A line of a compiler, which indents with tabs. */
const indented = (line: string): string => line.split("\t").map(visible).join("\t");

/** Prints the error; what is not expected is a bug and says so. */
export function tellError(error: unknown, verbose: boolean): number {
  const say = (text: string): void => {
    process.stderr.write(`pare: ${visible(text)}\n`);
  };
  if (error instanceof Failure || error instanceof ToolFailure) {
    const exitCode = error instanceof Failure ? error.exitCode : TOOL_EXITS[error.code];
    const message = verbose && error.detail !== "" ? `${error.message} [${error.detail}]` : error.message;
    // what a compiler says has lines of its own; what is said of a file may hold the file's own line ends, and stays one line
    if (exitCode === EXIT.unreadable) say(message);
    else process.stderr.write(`pare: ${message.split("\n").map(indented).join("\n")}\n`);
    return exitCode;
  }
  if (error instanceof ConfigError) {
    for (const line of error.message.split("\n")) say(line);
    return EXIT.usage;
  }
  if (error instanceof ViewError) {
    say(error.suggestion === undefined ? error.message : `${error.message} (Did you mean ${error.suggestion}?)`);
    return EXIT.usage;
  }
  if (error instanceof InputError) {
    say(verbose && error.where !== "" ? `${error.message} [${error.where}]` : error.message);
    return EXIT.unreadable;
  }
  say(`this is a bug in pare, please report it: ${error instanceof Error ? error.message : String(error)}`);
  if (verbose && error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return EXIT.unreadable;
}
