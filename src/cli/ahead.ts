// What is begun before the command line is understood: reading the file that it seems to be about, and a thread that finds out what it can
// beside this one. If the guess is wrong nobody takes the result.
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { Beside, Parts } from "../ledger/beside.ts";
import { cacheDirectory } from "../toolchain/directories.ts";
import { readShared } from "../toolchain/files.ts";
import { Hashing } from "./hashing.ts";

/** A second thread costs 40 ms of a processor and 20 MB: smaller files are done by then. */
const LARGE = 4_000_000;
/** For how long a part is waited for, in milliseconds. Then it is made here: a thread may be gone without a word. */
const PATIENCE = 10_000;

/** What the thread makes last, with the symbols and the debug information. */
const LAST_PARTS: ReadonlySet<string> = new Set<keyof Parts>(["table", "told"]);

/** A file that is being read, and looked at beside. */
export interface Ahead {
  readonly bytes: Promise<Uint8Array>;
  readonly beside: Beside;
  /** Says what nobody wants: it is left out of what is made later. */
  readonly omit: (what: number) => void;
  /** Hash of the bytes in lower-case hex; undefined if it is not known. */
  readonly sha256: () => string | undefined;
}

/** What the thread sends: a part, or word that there are no more. */
export type Message =
  | { readonly part: keyof Parts; readonly value: unknown }
  | { readonly part: "sha256"; readonly value: string }
  | { readonly part: "end" };

/** What the thread is given to begin with. The bytes come through the port. */
export interface WorkerData {
  readonly port: MessagePort;
  /** Counts, at SENT and LOADED; flags, at OMITTED and HASHED. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/** Where the signal counts what the thread has sent, and who has loaded what it needs. */
export const SENT = 0;
const LOADED = 1;
/** Where bits say what nobody wants. */
const OMITTED = 2;
/** Where it is 1 if one of both threads hashes the bytes. */
const HASHED = 3;

/** What need not be made, as bits: symbols of packages, and the hash. */
export const SYMBOLS = 1;
export const SHA256 = 2;

/** For either thread: whether something is wanted. */
export function isWanted(signal: WorkerData["signal"], what: number): boolean {
  return (Atomics.load(signal, OMITTED) & what) === 0;
}

/** For each of both threads: whether it is the one that hashes the bytes, for it asked first. */
export function isToHash(signal: WorkerData["signal"]): boolean {
  return isWanted(signal, SHA256) && Atomics.compareExchange(signal, HASHED, 0, 1) === 0;
}

/** To be told by each of both threads that it has loaded what it needs; answers whether the other one has as well. */
export function isLastToLoad(signal: WorkerData["signal"]): boolean {
  return Atomics.add(signal, LOADED, 1) === 1;
}

/** What is loaded from now on is loaded with what earlier runs have compiled of it, doing the same. */
export function useCompiled(role: string): void {
  let directory: string;
  try {
    directory = join(cacheDirectory(), "compiled");
  } catch {
    // a user without a home
    return;
  }
  import.meta.compiled?.open(directory, role);
}

let begun: { readonly path: string; readonly ahead: Ahead } | undefined;

/**
 * Begins to read the first large file that is named on a command line of `pare profile`; answers the signal of the thread, if there is
 * one. `worker` is its module.
 */
export function begin(argv: readonly string[], worker: URL): WorkerData["signal"] | undefined {
  if (argv[0] !== "profile") return undefined;
  const end = argv.indexOf("--");
  const name = argv.slice(1, end < 0 ? undefined : end).find((word) => !word.startsWith("-") && isLarge(word));
  if (name === undefined) return undefined;
  const path = resolve(name);
  const { give, signal, ...thread } = startThread(worker);
  // while the thread starts on the other processor: a third thread that reads would have to share theirs
  const bytes = readWith(path, name, give);
  // if the guess is wrong nobody asks why
  bytes.catch(() => {});
  begun = { path, ahead: { bytes, ...thread } };
  return signal;
}

/** What was begun for a file, for one taker. */
export function takeAhead(path: string): Ahead | undefined {
  if (begun?.path !== path) return undefined;
  const { ahead } = begun;
  begun = undefined;
  return ahead;
}

function isLarge(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && stat.size >= LARGE;
}

/** Reads the file and gives it to the thread, or word that there is none; whoever takes the bytes meets the failure. */
async function readWith(path: string, name: string, give: (bytes?: Uint8Array) => void): Promise<Uint8Array> {
  try {
    const bytes = readShared(path, name);
    give(bytes);
    return bytes;
  } catch (error) {
    give();
    throw error;
  }
}

interface Thread extends Omit<Ahead, "bytes">, Pick<WorkerData, "signal"> {
  readonly give: (bytes?: Uint8Array) => void;
}

function startThread(module: URL): Thread {
  const { MessageChannel, receiveMessageOnPort, Worker } = process.getBuiltinModule("node:worker_threads");
  const { port1: port, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(16));
  const workerData: WorkerData = { port: port2, signal };
  // it makes few objects: the space for young ones that this thread has would be lost on it
  const resourceLimits = { maxYoungGenerationSizeMb: 6 };
  const thread = new Worker(module, { workerData, transferList: [port2], resourceLimits, stdout: true, stderr: true });
  // whatever becomes of it, the work is done without it
  thread.on("error", () => {});
  thread.unref();
  port.unref();
  let whole: Uint8Array | undefined;
  const give = (bytes?: Uint8Array): void => {
    whole = bytes;
    if (bytes) port.postMessage(bytes);
    else void thread.terminate();
  };
  let ours: Hashing | undefined;
  const hashing = (): Hashing | undefined => {
    if (!ours && whole && isToHash(signal)) ours = new Hashing(whole);
    return ours;
  };
  const parts = new Map<string, unknown>();
  let ended = false;
  const take = (name: string): unknown => {
    while (!parts.has(name) && !ended) {
      const seen = Atomics.load(signal, SENT);
      const message = receiveMessageOnPort(port)?.message as Message | undefined;
      if (message === undefined) {
        // who waits for what the other makes last has less to do: it hashes meanwhile
        if (!LAST_PARTS.has(name) || hashing()?.step() !== true)
          ended = Atomics.wait(signal, SENT, seen, PATIENCE) === "timed-out";
      } else if (message.part === "end") ended = true;
      else parts.set(message.part, message.value);
    }
    const part = parts.get(name);
    parts.delete(name);
    return part;
  };
  return {
    give,
    signal,
    beside: take as Beside,
    omit: (what) => void Atomics.or(signal, OMITTED, what),
    sha256: () => hashing()?.digest() ?? (take("sha256") as string | undefined),
  };
}
