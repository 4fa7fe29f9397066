// Files that appear whole or not at all.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Guard } from "./failure.ts";

/**
 * Writes a file's new content beside it, and puts it in its place once it is all there. Throws what the system says. `survives`: also
 * if the machine fails; what is checked when it is read can do without.
 */
export function replaceFile(
  path: string,
  pieces: Iterable<string | Uint8Array>,
  guard: Guard,
  survives: boolean = true,
): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const remove = (): void => rmSync(temporary, { force: true });
  const forget = guard(remove);
  let isWritten = false;
  try {
    const fd = openSync(temporary, "w");
    isWritten = true;
    try {
      writePieces(fd, pieces);
      if (survives) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    if (isWritten) remove();
    throw error;
  } finally {
    forget();
  }
}

/** The same for a large file, which takes its time; with these permissions, whatever the umask. */
export async function replaceLargeFile(
  path: string,
  bytes: Uint8Array | string,
  mode: number,
  guard: Guard,
  survives: boolean = true,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const remove = (): void => rmSync(temporary, { force: true });
  const forget = guard(remove);
  try {
    // it loads fifteen modules of Node: not for all who write no more than text
    const { open } = await import("node:fs/promises");
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.chmod(mode);
      if (survives) await file.sync();
    } finally {
      await file.close();
    }
    renameSync(temporary, path);
  } catch (error) {
    remove();
    throw error;
  } finally {
    forget();
  }
}

/** Writes all there is to an open file. */
export function writePieces(fd: number, pieces: Iterable<string | Uint8Array>): void {
  for (const piece of pieces) {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  }
}
