// Child processes: never through a shell, in a group of their own so that the whole tree can be ended.
import { spawn, spawnSync } from "node:child_process";
import type { Guard } from "./failure.ts";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly guard: Guard;
  /** What the command reads from stdin; nothing by default. */
  readonly input?: string;
  /** Ends the command and what it started. */
  readonly signal?: AbortSignal;
  /** The command's process, once it is there. */
  readonly onStart?: (pid: number) => void;
  /** Whole lines of stderr as they come. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Exit code; −1 if a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Output kept of one stream; a build that prints more is not read by anyone. */
const MAX_OUTPUT = 64 << 20;

function environment(more: RunOptions["env"]): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...more };
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return env;
}

/** Runs a short command while nothing else happens, for what must be done when the process ends; whether it succeeded. */
export function runSync(command: string, args: readonly string[], options: Pick<RunOptions, "cwd" | "env">): boolean {
  const { cwd } = options;
  return spawnSync(command, args, { cwd, env: environment(options.env), stdio: "ignore" }).status === 0;
}

/** Has a command ended when pare is interrupted or its task is given up; the answer takes it back. */
function endWith(end: () => void, { guard, signal }: RunOptions): () => void {
  const release = guard(end);
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end);
  return () => {
    signal?.removeEventListener("abort", end);
    release();
  };
}

/** Runs a command to its end. Rejects only if it cannot be started (ENOENT and the like). */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: environment(options.env),
      stdio: ["pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    const end = (): void => {
      if (child.pid === undefined) return;
      if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
      else process.kill(-child.pid, "SIGKILL");
    };
    const release = endWith(end, options);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    // a command that ends before it has read everything says why itself
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) out.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) err.push(chunk);
      if (!options.onLine) return;
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    });
    child.on("error", (error) => {
      release();
      reject(error);
    });
    child.on("close", (code) => {
      release();
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      });
    });
  });
}
