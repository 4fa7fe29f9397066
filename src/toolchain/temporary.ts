// Temporary directories that are gone when the work is done, and when it is interrupted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard } from "./failure.ts";

/** Runs work with a new empty directory, below `parent` if that is not "", and removes it afterwards, whatever happens. */
export async function withTemporary<T>(guard: Guard, work: (directory: string) => Promise<T>, parent = ""): Promise<T> {
  const directory = mkdtempSync(join(parent || tmpdir(), "pare-"));
  // retries: processes that were just ended may still be writing their last
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const release = guard(remove);
  try {
    return await work(directory);
  } finally {
    release();
    remove();
  }
}
