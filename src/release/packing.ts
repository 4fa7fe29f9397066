// Archives packed in threads of their own.
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";

export interface PackRequest {
  readonly format: "tar.gz" | "zip";
  readonly epoch: number;
  readonly level: number;
  readonly files: readonly { readonly from: string; readonly to: string; readonly isExecutable: boolean }[];
}

export type PackAnswer = { readonly bytes: Uint8Array; readonly sha256: string } | { readonly error: string };

/** Beside this file, in the sources as in what is published. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./packworker.ts" : "./packworker.js", import.meta.url);

/** A thread, and who waits for its answer. */
interface Thread {
  readonly worker: Worker;
  waiting: { readonly resolve: (answer: PackAnswer) => void; readonly reject: (error: Error) => void } | undefined;
}

/** Threads that pack, begun as they are needed; close() ends them. */
export class Packers {
  readonly #idle: Thread[] = [];
  readonly #all: Thread[] = [];

  /** The archive's bytes and their hash. Throws Error with the cause. */
  async pack(request: PackRequest): Promise<{ bytes: Uint8Array; sha256: string }> {
    const thread = this.#idle.pop() ?? this.#begin();
    const answer = await new Promise<PackAnswer>((resolve, reject) => {
      thread.waiting = { resolve, reject };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, not for threads
      thread.worker.postMessage(request);
    });
    this.#idle.push(thread);
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }

  #begin(): Thread {
    // the last tier of compilation, which short runs do without, pays for itself in a compressor
    if (this.#all.length === 0) setFlagsFromString("--turbofan");
    const thread: Thread = { worker: new Worker(WORKER), waiting: undefined };
    thread.worker.on("message", (answer: PackAnswer) => thread.waiting?.resolve(answer));
    thread.worker.on("error", (error: Error) => thread.waiting?.reject(error));
    thread.worker.on("exit", () => thread.waiting?.reject(new Error("the thread that packs has ended")));
    this.#all.push(thread);
    return thread;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ worker }) => worker.terminate()));
  }
}
