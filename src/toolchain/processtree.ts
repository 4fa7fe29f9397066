// What a process and all that it started take, looked at from outside (Linux, proc(5)). The go command runs compilers and linkers as
// children, so that the peak of one process says nothing.
import { closeSync, openSync, readdirSync, readSync } from "node:fs";

export interface TreeUsage {
  /** Bytes of resident memory that the processes held together at the busiest look; pages that two share count twice. */
  readonly peakBytes: number;
  /** Seconds of processor time, of children that have ended too, as far as the last look saw. */
  readonly cpuSeconds: number;
  /** How often was looked. */
  readonly looks: number;
}

/** Milliseconds between looks: a link's peak lasts longer. */
const PERIOD = 40;

/** Looks for which processes that are none of ours are believed to stay so: numbers of processes come again. */
const BELIEVED = 25;

/** Kernel ticks in a second, for user space always (USER_HZ). */
const HERTZ = 100;

interface Seen {
  readonly parent: number;
  /** Ticks of its own and of the children that it has waited for. */
  readonly ticks: number;
}

/** Whether this system tells what processes take. */
export const canMeasure = process.platform === "linux";

/** Looks at a process and its descendants until told to stop. `onLook` hears the bytes that they hold together. */
export function watchTree(pid: number, onLook?: (bytes: number) => void): { stop: () => TreeUsage } {
  let peakBytes = 0;
  let ticks = 0;
  let looks = 0;
  // most processes of a machine are none of ours, and reading all of them each time would take a tenth of a processor
  const others = new Set<number>();
  const look = (): void => {
    if (looks % BELIEVED === 0) others.clear();
    const now = tree(pid, others);
    if (now.processes === 0) return;
    looks++;
    peakBytes = Math.max(peakBytes, now.bytes);
    ticks = Math.max(ticks, now.ticks);
    onLook?.(now.bytes);
  };
  const timer = canMeasure ? setInterval(look, PERIOD) : undefined;
  if (canMeasure) look();
  return {
    stop: () => {
      clearInterval(timer);
      return { peakBytes, cpuSeconds: ticks / HERTZ, looks };
    },
  };
}

/** The sums over a process and its descendants now. `others` are known not to be among them; more are added. */
function tree(root: number, others: Set<number>): { processes: number; bytes: number; ticks: number } {
  const all = new Map<number, Seen>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || others.has(pid)) continue;
    const seen = statOf(pid);
    if (seen) all.set(pid, seen);
  }
  let processes = 0;
  let bytes = 0;
  let ticks = 0;
  for (const [pid, seen] of all) {
    if (!isBelow(pid, root, all)) {
      others.add(pid);
      continue;
    }
    processes++;
    bytes += residentOf(pid);
    ticks += seen.ticks;
  }
  return { processes, bytes, ticks };
}

function isBelow(pid: number, root: number, all: ReadonlyMap<number, Seen>): boolean {
  // processes end while they are listed, so that parents need not form a tree: never more steps than there are processes
  for (let at = pid, steps = 0; at > 1 && steps <= all.size; steps++) {
    if (at === root) return true;
    at = all.get(at)?.parent ?? 0;
  }
  return false;
}

/** /proc/PID/stat: the name is in parentheses and may hold anything; fields are counted from behind it. */
function statOf(pid: number): Seen | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const at = (n: number): number => Number(fields[n]);
  return { parent: at(1), ticks: at(11) + at(12) + at(13) + at(14) };
}

/** Bytes; /proc/PID/status says it in units that do not depend on the size of a page. */
function residentOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? "");
  return found === null ? 0 : Number(found[1]) * 1024;
}

/** For every file that is read: readFileSync takes a fresh 64 KB for a file whose size nobody knows, a hundred times a second. */
const text = Buffer.alloc(4096);

/** What a process's file says, of which these are less than a page; undefined once it is gone. */
function readText(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    return text.toString("latin1", 0, readSync(file, text, 0, text.length, 0));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
