// Reading a whole regular file, and no other.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { ToolFailure } from "./failure.ts";

/** Files of 4 GiB and more are refused by the readers; compressed input may not grow beyond this either. */
export const MAX_BYTES = 0xffff_ffff;

export const isUnreadable = (name: string, why: string, detail = ""): ToolFailure =>
  new ToolFailure("unreadable", `${name}: ${why}`, detail);

/** The bytes of a file; `name` stands for it in failures. Throws ToolFailure if it is no regular file, or changes meanwhile. */
export function readFile(path: string, name: string): Uint8Array {
  return readInto(path, name, (size) => new Uint8Array(size));
}

/** The same in memory that threads share. */
export function readShared(path: string, name: string): Uint8Array {
  return readInto(path, name, (size) => new Uint8Array(new SharedArrayBuffer(size)));
}

function readInto(path: string, name: string, allocate: (size: number) => Uint8Array): Uint8Array {
  const { fd, before } = open(path, name);
  try {
    const bytes = allocate(before.size);
    let at = 0;
    while (at < bytes.length) {
      const n = readSync(fd, bytes, at, Math.min(bytes.length - at, MAX_READ), at);
      if (n === 0) break;
      at += n;
    }
    check(fd, before, at, name);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** What one call of the system reads. */
const MAX_READ = 1 << 30;

function open(path: string, name: string): { fd: number; before: Stats } {
  let fd: number;
  try {
    // not blocking: a FIFO that took the file's place must not hang
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw isUnreadable(
      name,
      code === "EACCES" ? "permission denied" : code === "ENOENT" ? "no such file" : String(code),
    );
  }
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) throw isUnreadable(name, "is not a regular file");
    if (before.size > MAX_BYTES) throw isUnreadable(name, "is 4 GiB or larger");
    return { fd, before };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function check(fd: number, before: Stats, read: number, name: string): void {
  const after = fstatSync(fd);
  if (read !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw isUnreadable(name, "changed while it was read; try again");
  }
}
