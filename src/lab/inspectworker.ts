// A thread that looks at files of variants: reading and compressing them would keep builds, clocks and Ctrl-C waiting.
import { parentPort } from "node:worker_threads";
import type { InspectAnswer, InspectRequest } from "./inspecting.ts";

process.getBuiltinModule("node:module").enableCompileCache();
const { readFileSync } = await import("node:fs");
const { compressedSizes } = await import("../toolchain/compress.ts");
const { inspect } = await import("./inspect.ts");

async function answer({ path, places }: InspectRequest): Promise<InspectAnswer> {
  const bytes = readFileSync(path);
  // zlib has threads of its own
  const sizes = compressedSizes(bytes);
  if (places === null) return { sizes: await sizes, file: null };
  try {
    const file = inspect(bytes, places);
    return { sizes: await sizes, file };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InputError") throw error;
    return { sizes: await sizes, file: { unreadable: error.message } };
  }
}

// what it throws ends the thread, and whoever asked hears of it
parentPort?.on("message", (request: InspectRequest) => {
  void answer(request).then((each) => parentPort?.postMessage(each, []));
});
