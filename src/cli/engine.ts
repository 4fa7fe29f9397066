// Flags of V8 that suit what pare does. They are those of all threads, and what is compiled beforehand fits no others.
import { setFlagsFromString } from "node:v8";

/** To be called when all of Node that is needed has been loaded. `threads`: how many of ours there are. */
export function tune(threads: 1 | 2): void {
  // tables of an executable are large and short-lived: with V8's small first nursery a tenth of the time goes into copying them
  setFlagsFromString("--min-semi-space-size=16");
  setFlagsFromString("--semi-space-growth-factor=4");
  // where the tier below the last one is on by default
  const { arch, versions } = process;
  if (Number(versions.node.split(".")[0]) >= 24 && (arch === "x64" || arch === "arm64")) setTiers(threads);
}

/** To be called when little is left to do: a process ends when the last function is compiled that it has asked for. */
export function coast(): void {
  setFlagsFromString("--max-optimized-bytecode-size=0");
}

function setTiers(threads: 1 | 2): void {
  // a run is over before the last tier of compilation pays for itself: it takes a third of the processor's time and gives none back
  setFlagsFromString("--no-turbofan");
  if (threads === 2) {
    // most of the time goes into loops that run once: both processors are busy, so what would compile them aside comes when they are over
    setFlagsFromString("--no-concurrent-osr");
    // for the same reason one compiles for each of them, not two
    setFlagsFromString("--concurrent-maglev-max-threads=1");
  } else {
    // one thread works on what is small: most of its functions are done before compiled ones would pay
    setFlagsFromString("--invocation-count-for-maglev=1000");
    setFlagsFromString("--invocation-count-for-maglev-osr=400");
  }
}
