// What must not be left behind when the process ends in the middle of something.

const cleanups = new Set<() => void>();
// not SIGHUP: a handler would undo nohup
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const NAMES = ["SIGINT", "SIGTERM"] as const;

function stop(signal: keyof typeof SIGNALS): void {
  process.exit(SIGNALS[signal]);
}

/** Last in, first out: a child process must be gone before the directory that it writes to. */
function cleanUp(): void {
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // the others must still run, and there is nobody left to tell
    }
  }
}

/**
 * Registers synchronous work to be done on signals, and when the process exits otherwise (a closed pipe); returns the function that
 * takes it back. Handlers are installed only while there is such work: without them a signal ends the process even in the middle of a
 * long computation.
 */
export function onInterrupt(cleanup: () => void): () => void {
  if (cleanups.size === 0) {
    for (const signal of NAMES) process.on(signal, stop);
    process.on("exit", cleanUp);
  }
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size > 0) return;
    for (const signal of NAMES) process.off(signal, stop);
    process.off("exit", cleanUp);
  };
}
