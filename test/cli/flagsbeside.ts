// Loaded before the program: one more thread, that sets V8's flags and takes them back all the time.
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { coast, restore, tune } from "../../src/cli/engine.ts";

const ROLE = "sets flags";

// the program's own threads load this too
if (isMainThread) new Worker(new URL(import.meta.url), { workerData: ROLE }).unref();
else if (workerData === ROLE) {
  for (;;) {
    tune(2);
    coast();
    restore();
  }
}
