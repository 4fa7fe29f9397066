// The entry of the thread of ahead.ts: nothing is loaded before the compile cache is on.
import { workerData } from "node:worker_threads";
import type { WorkerData } from "./ahead.ts";

process.getBuiltinModule("node:module").enableCompileCache();
(await import("./besidework.ts")).work(workerData as WorkerData);
