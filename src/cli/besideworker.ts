// The entry of the thread of ahead.ts: nothing is loaded before what was compiled of it is at hand.
import { workerData } from "node:worker_threads";
import type { WorkerData } from "./ahead.ts";

// of the built command more is kept than Node's cache has
if (import.meta.url.endsWith(".ts")) process.getBuiltinModule("node:module").enableCompileCache();
(await import("./ahead.ts")).useCompiled("beside");
(await import("./besidework.ts")).work(workerData as WorkerData);
