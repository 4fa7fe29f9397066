// Threads that answer one question at a time, begun as they are needed: what keeps a processor busy would keep everything else waiting.
import { Worker } from "node:worker_threads";

/** A thread, and who waits for its answer. */
interface Thread<Answer> {
  readonly worker: Worker;
  waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;
}

/** Threads of one module, which answers every message with one of its own. As many as questions are open; close() ends them. */
export class Threads<Question, Answer> {
  readonly #module: URL;
  readonly #idle: Thread<Answer>[] = [];
  readonly #all = new Set<Thread<Answer>>();
  #isClosed = false;

  /** `module`: name of the thread's file, without its ending, beside `asker`, in the sources as in what is published. */
  constructor(module: string, asker: string) {
    this.#module = new URL(`./${module}${asker.slice(-3)}`, asker);
  }

  /** Rejects if the thread ends instead of answering; it is ended, and the question given up, when the signal says so. */
  async ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    // nobody would end a thread that begins now
    if (this.#isClosed) throw new Error("the threads are closed");
    const thread = this.#idle.pop() ?? this.#begin();
    const end = (): void => void thread.worker.terminate();
    signal?.addEventListener("abort", end);
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        thread.waiting = { resolve, reject };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, not for threads
        thread.worker.postMessage(question);
      });
      this.#idle.push(thread);
      return answer;
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }

  #begin(): Thread<Answer> {
    const thread: Thread<Answer> = { worker: new Worker(this.#module), waiting: undefined };
    const { worker } = thread;
    worker.on("message", (answer: Answer) => thread.waiting?.resolve(answer));
    worker.on("error", (error: Error) => thread.waiting?.reject(error));
    worker.on("exit", () => {
      this.#all.delete(thread);
      thread.waiting?.reject(new Error("a thread has ended before it answered"));
    });
    this.#all.add(thread);
    return thread;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map(({ worker }) => worker.terminate()));
  }
}
