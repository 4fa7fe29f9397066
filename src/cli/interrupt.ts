// What must not be left behind when the process is interrupted.

const cleanups = new Set<() => void>();
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

function stop(signal: keyof typeof SIGNALS): void {
  for (const cleanup of cleanups) {
    try {
      cleanup();
    } catch {
      // the others must still run, and there is nobody left to tell
    }
  }
  process.exit(SIGNALS[signal]);
}

/**
 * Registers synchronous work to be done on SIGINT and SIGTERM; returns the function that takes it back. Handlers are installed only
 * while there is such work: without them a signal ends the process even in the middle of a long computation.
 */
export function onInterrupt(cleanup: () => void): () => void {
  if (cleanups.size === 0) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  };
}
