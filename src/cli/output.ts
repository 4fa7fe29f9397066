// Where answers go: stdout, or a file that appears whole or not at all.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { resolve } from "node:path";
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

function writeFile(path: string, parts: Iterable<string>): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  // /dev/null and pipes are written to, never replaced
  const inPlace = existing !== undefined && !existing.isFile();
  const target = inPlace ? path : `${path}.${process.pid}.tmp`;
  const forget = inPlace ? undefined : onInterrupt(() => rmSync(target, { force: true }));
  try {
    const fd = openSync(target, "w");
    try {
      for (const part of parts) writeAll(fd, Buffer.from(part));
      if (!inPlace) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (!inPlace) renameSync(target, path);
  } catch (error) {
    if (!inPlace) rmSync(target, { force: true });
    throw error;
  } finally {
    forget?.();
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
