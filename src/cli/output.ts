// Where answers go: stdout, or a file that appears whole or not at all.
import { closeSync, openSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { replaceFile, writePieces } from "../toolchain/replacefile.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";

/** A reader that goes away (`| head`) is not an error: the process ends quietly. One that only heard of progress is not missed. */
export function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (stream === process.stderr) return;
    if (error.code === "EPIPE" || error.code === "EOF") process.exit(EXIT.ok);
    process.exitCode = EXIT.unreadable;
  });
}

/** Writes text, in pieces, to a file or, for "-", to stdout. */
export async function write(path: string, pieces: string | Iterable<string>): Promise<void> {
  const parts = typeof pieces === "string" ? [pieces] : pieces;
  if (path === "-") {
    for (const part of parts) {
      if (!process.stdout.write(part)) await new Promise<void>((drained) => process.stdout.once("drain", drained));
    }
    return;
  }
  try {
    writeFile(resolve(path), parts);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Failure(EXIT.usage, `${path}: cannot be written (${code || message})`, message);
  }
}

/** /dev/null and pipes are written to, never replaced. */
function writeFile(path: string, parts: Iterable<string>): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined || existing.isFile()) return replaceFile(path, parts, onInterrupt);
  const fd = openSync(path, "w");
  try {
    writePieces(fd, parts);
  } finally {
    closeSync(fd);
  }
}
