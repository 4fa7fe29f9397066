// Starts a program, and tells when it is ready: it has ended, printed something, or accepts connections. Its whole group of processes
// is ended afterwards.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import type { Guard } from "./failure.ts";

/** When a program counts as ready. */
export type Readiness =
  | { readonly kind: "exit" }
  /** Something that it prints, on stdout or stderr, matches. */
  | { readonly kind: "output"; readonly pattern: RegExp }
  /** This TCP port of 127.0.0.1 accepts. */
  | { readonly kind: "port"; readonly port: number };

export interface Launch {
  /** Path of the program, then its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Added to the environment; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly readiness: Readiness;
  readonly timeoutMs: number;
  readonly guard: Guard;
  readonly signal?: AbortSignal;
  /** Its process, once it is there. */
  readonly onStart?: (pid: number) => void;
}

export interface Ended {
  /** −1 if a signal ended it. */
  readonly code: number;
  readonly signal: string;
}

export interface Started {
  /** From just before it was started until it was ready. */
  readonly ms: number;
  /** How it ended, if it did so by itself. */
  readonly ended?: Ended;
  /** What it printed, the first 64 KiB. */
  readonly output: string;
}

export type StartResult =
  | ({ readonly ok: true } & Started)
  /** timeout: not ready in time. ended: it ended before it was ready. busy: somebody else has the port. cannot: it could not be started. */
  | {
      readonly ok: false;
      readonly why: "timeout" | "ended" | "busy" | "cannot";
      readonly message: string;
      readonly ended?: Ended;
      readonly output: string;
    };

const MAX_OUTPUT = 1 << 16;
/** Milliseconds between two attempts to connect: what times of ports are exact to. */
const CONNECT_PERIOD = 1;
/** Milliseconds to wait for the end of what is printed. */
const PIPES_MS = 1000;

/** How a readiness is written: "exit", "output:listening", "port:8080". */
export function readinessText(readiness: Readiness): string {
  if (readiness.kind === "exit") return "exit";
  return readiness.kind === "port" ? `port:${readiness.port}` : `output:${readiness.pattern.source}`;
}

/** Starts a program and waits until it is ready; `meanwhile` is done with its process while it runs. */
export async function start(launch: Launch, meanwhile?: (pid: number) => Promise<void>): Promise<StartResult> {
  const { argv, cwd, env, readiness, timeoutMs, guard, signal } = launch;
  if (readiness.kind === "port" && (await accepts(readiness.port))) {
    return { ok: false, why: "busy", message: `port ${readiness.port} is taken already`, output: "" };
  }
  const all: NodeJS.ProcessEnv = { ...process.env, ...env };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];

  const began = performance.now();
  const child = spawn(argv[0], argv.slice(1), { cwd, env: all, stdio: ["ignore", "pipe", "pipe"], detached: true });
  if (child.pid !== undefined) launch.onStart?.(child.pid);
  let output = "";
  let onOutput: (() => void) | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      if (output.length < MAX_OUTPUT) output += chunk.toString("latin1").slice(0, MAX_OUTPUT - output.length);
      onOutput?.();
    });
  }
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // the group is gone
    }
  };
  const release = guard(kill);
  if (signal?.aborted === true) kill();
  signal?.addEventListener("abort", kill);
  /** It has ended by itself, or could not be started. */
  let ended: Ended | undefined;
  let endedAt = 0;
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, sent) => {
      endedAt = performance.now();
      ended = { code: code ?? -1, signal: sent ?? "" };
      resolve("");
    });
  });
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const ready = new AbortController();
  const state = await Promise.race([
    gone.then((message) => (message === "" ? ("ended" as const) : { message })),
    sleep(timeoutMs, ready.signal).then(() => "timeout" as const),
    becomesReady(readiness, ready.signal, (listener) => {
      onOutput = (): void => {
        if (listener(output)) onOutput = undefined;
      };
      onOutput();
    }).then((ms) => ({ ms })),
  ]);
  if (typeof state === "object" && "ms" in state && meanwhile && child.pid !== undefined) {
    await Promise.race([meanwhile(child.pid), gone]);
  }
  kill();
  // what left the group may hold the pipes open: it is not waited for
  await Promise.race([closed, sleep(PIPES_MS, ready.signal)]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  ready.abort();
  signal?.removeEventListener("abort", kill);
  release();
  if (typeof state === "object") {
    if ("message" in state) return { ok: false, why: "cannot", message: state.message, output };
    return { ok: true, ms: state.ms - began, output };
  }
  if (state === "timeout") {
    const message = `not ready after ${timeoutMs / 1000} s (${readinessText(readiness)})`;
    return { ok: false, why: "timeout", message, output };
  }
  if (readiness.kind === "exit" && ended!.signal === "")
    return { ok: true, ms: endedAt - began, ended: ended!, output };
  const message =
    ended!.signal === "" ? `it ended with ${ended!.code} before it was ready` : `it was ended by ${ended!.signal}`;
  return { ok: false, why: "ended", message, ended: ended!, output };
}

/** The moment at which a program is ready; never, if it is ready by ending. */
function becomesReady(
  readiness: Readiness,
  signal: AbortSignal,
  listen: (listener: (output: string) => boolean) => void,
): Promise<number> {
  if (readiness.kind === "port") return portOpens(readiness.port, signal);
  if (readiness.kind === "exit") return new Promise(() => {});
  return new Promise((resolve) => {
    listen((output) => {
      if (!readiness.pattern.test(output)) return false;
      resolve(performance.now());
      return true;
    });
  });
}

async function portOpens(port: number, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    if (await accepts(port)) return performance.now();
    await sleep(CONNECT_PERIOD, signal);
  }
  return Number.NaN;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** A TCP port of 127.0.0.1 that nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
