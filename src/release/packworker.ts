// A thread that packs archives: compression would keep everything else waiting.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { pack } from "./archive.ts";
import type { PackAnswer, PackRequest } from "./packing.ts";

parentPort?.on("message", ({ format, epoch, level, files }: PackRequest) => {
  let answer: PackAnswer;
  try {
    const entries = files.map(({ from, to, isExecutable }) => ({ path: to, bytes: readFileSync(from), isExecutable }));
    const bytes = pack({ format, epoch, level, entries });
    answer = { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer, "bytes" in answer ? [answer.bytes.buffer as ArrayBuffer] : []);
});
