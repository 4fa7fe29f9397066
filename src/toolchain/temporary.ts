// Temporary directories that are gone when the work is done, and when it is interrupted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard } from "./failure.ts";

/** Runs work with a new empty directory and removes it afterwards, whatever happens. */
export async function withTemporary<T>(guard: Guard, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "pare-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const release = guard(remove);
  try {
    return await work(directory);
  } finally {
    release();
    remove();
  }
}
