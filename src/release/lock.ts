// One release at a time in one output directory.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";

export const LOCK_FILE = ".pare.lock";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts; "" where it does not tell. A number is given to another process later. */
  readonly began: string;
}

/** Takes the directory, which is made if need be; the answer gives it back. A lock whose process is gone is taken over. Throws ToolFailure. */
export function lockDirectory(directory: string, guard: Guard): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, LOCK_FILE);
  const own = `${path}.${process.pid}`;
  const me: Holder = { pid: process.pid, host: hostname(), began: beginOf(process.pid) };
  writeFileSync(own, JSON.stringify(me));
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // a link appears with its content, and only where there was nothing
        linkSync(own, path);
        return held(path, guard);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = holderOf(path);
      if (holder === undefined) continue;
      if (isAlive(holder)) throw busy(directory, holder);
      takeAway(path, holder);
    }
    throw busy(directory, holderOf(path));
  } finally {
    rmSync(own, { force: true });
  }
}

function held(path: string, guard: Guard): () => void {
  const remove = (): void => rmSync(path, { force: true });
  const forget = guard(remove);
  return () => {
    forget();
    remove();
  };
}

/** Removes the lock of a process that is gone; what another one has put in its place meanwhile is put back. */
function takeAway(path: string, gone: Holder): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (JSON.stringify(holderOf(aside)) !== JSON.stringify(gone)) linkSync(aside, path);
  } catch {
    // another one was faster
  } finally {
    rmSync(aside, { force: true });
  }
}

function busy(directory: string, holder: Holder | undefined): ToolFailure {
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid}${holder.host === hostname() ? "" : ` on ${holder.host}`}`;
  return new ToolFailure(
    "flags",
    `${directory} is being written to by another release (${who}): wait for it, or name another directory with -o`,
    join(directory, LOCK_FILE),
  );
}

function holderOf(path: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(readFileSync(path, "utf8")) as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid === "number" && typeof host === "string" && typeof began === "string") return { pid, host, began };
  } catch {
    // gone, or not written by pare
  }
  return undefined;
}

/** A process on another machine cannot be asked, and counts as alive. */
function isAlive({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return began === "" || beginOf(pid) === began;
}

/** Field 22 of /proc/PID/stat (proc(5)). */
function beginOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
