// Flags of V8 that suit what pare does. They are those of all threads, and what is compiled beforehand fits no others.
import { setFlagsFromString } from "node:v8";

/** A flag as it is set, and as it is in a process that begins. */
type Flag = readonly [set: string, plain: string];

const MEMORY: readonly Flag[] = [
  // tables of an executable are large and short-lived: with V8's small first nursery a tenth of the time goes into copying them
  ["--semi-space-growth-factor=4", "--semi-space-growth-factor=2"],
];

const TIERS: readonly Flag[] = [
  // a run is over before the last tier of compilation pays for itself: it takes a third of the processor's time and gives none back
  ["--no-turbofan", "--turbofan"],
];

const OF_ONE: readonly Flag[] = [
  // one thread works on what is small: most of its functions are done before compiled ones would pay
  ["--invocation-count-for-maglev=1000", "--invocation-count-for-maglev=400"],
  ["--invocation-count-for-maglev-osr=400", "--invocation-count-for-maglev-osr=100"],
];

const OF_TWO: readonly Flag[] = [
  // most of the time goes into loops that run once: both processors are busy, so what would compile them aside comes when they are over
  ["--no-concurrent-osr", "--concurrent-osr"],
  // for the same reason one compiles for each of them, not two
  ["--concurrent-maglev-max-threads=1", "--concurrent-maglev-max-threads=2"],
  // and who helps to collect garbage comes late, and is waited for
  ["--no-parallel-scavenge", "--parallel-scavenge"],
];

// a limit that no heap reaches. V8 has a flag against marking as well, but asks for it twice, and ends if another thread changed it meanwhile
const NO_MARKING: Flag = ["--incremental-marking-hard-trigger=1000000", "--incremental-marking-hard-trigger=0"];

const COLLECTION_OF_TWO: readonly Flag[] = [
  // two threads work on one file, and their tables are used again by hand: to look for what else is free takes a twentieth of the time.
  // V8 would look because of memory that is not its own; of what it has itself it still collects when there is much
  ["--external-memory-accounted-in-global-limit", "--no-external-memory-accounted-in-global-limit"],
  NO_MARKING,
];

const END: readonly Flag[] = [
  // no function is small enough to be compiled
  ["--max-optimized-bytecode-size=0", "--max-optimized-bytecode-size=61440"],
];

const END_OF_MARKING: readonly Flag[] = [
  // where Node waits in the end for those who look at old objects, not for those who compile and may wait for it
  NO_MARKING,
];

/** To be called when all of Node that is needed has been loaded. `threads`: how many of ours there are. */
export function tune(threads: 1 | 2): void {
  set(MEMORY);
  if (hasTiers()) set([...TIERS, ...(threads === 2 ? OF_TWO : OF_ONE)]);
  if (hasLimits() && threads === 2) set(COLLECTION_OF_TWO);
}

/** To be called when little is left to do: a process ends when all is over that was begun aside. */
export function coast(): void {
  set(END);
  if (hasTiers()) set(END_OF_MARKING);
}

/** To be called when all is done: the next run loads what this one has compiled, under the flags that a process begins with. */
export function keepCompiled(): void {
  import.meta.compiled?.keep(restore);
}

/** Takes all flags back. */
export function restore(): void {
  reset([...MEMORY, ...END]);
  if (hasLimits()) reset(COLLECTION_OF_TWO);
  if (hasTiers()) reset([...TIERS, ...OF_ONE, ...OF_TWO, ...END_OF_MARKING]);
}

/** Whether this is a Node whose tiers are known: the one below the last is on by default. */
function hasTiers(): boolean {
  const { arch } = process;
  return major() >= 24 && (arch === "x64" || arch === "arm64");
}

/** Whether V8 is one that is known to have a limit for memory that is not its own: a later one may complain of the flag. */
function hasLimits(): boolean {
  return major() >= 24 && major() <= 26;
}

function major(): number {
  return Number(process.versions.node.split(".")[0]);
}

function set(flags: readonly Flag[]): void {
  for (const [flag] of flags) setFlagsFromString(flag);
}

function reset(flags: readonly Flag[]): void {
  for (const [, plain] of flags) setFlagsFromString(plain);
}
