// Programs started: whether they live, how fast they are ready, what memory they hold.
import { findReadiness } from "../toolchain/listening.ts";
import type { Guard } from "../toolchain/failure.ts";
import { residentOf, type ResidentMemory } from "../toolchain/resident.ts";
import { readinessText, start, type StartResult } from "../toolchain/start.ts";
import { type Invocation, launchOf, type ReadyWhen, type Startable, takesPort } from "./launch.ts";
import type { Measured, Memory, Resident, Start } from "./model.ts";

export interface StartSetting {
  readonly invocation: Invocation;
  readonly ready: Exclude<ReadyWhen, { kind: "auto" }>;
  /** Working directory of the programs. */
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly guard: Guard;
}

type Signal = { readonly signal: AbortSignal };

/** What a start showed. */
export interface Behaviour {
  /** It ended or got ready, and nothing says that it crashed. */
  readonly lives: boolean;
  /** It ended with another code than 0. */
  readonly fails?: boolean;
  /** In a few words: "ends with 0", "gets ready (port:8080)". Two variants behave the same if it is the same. */
  readonly what: string;
  /** Whether a stack trace of it named functions and lines; undefined if it could not be asked. */
  readonly traces?: boolean;
  /** The end of what it printed. */
  readonly output: string;
}

/** Asks a program once how it shows that it is ready. */
export async function learnReadiness(
  program: Startable,
  setting: Omit<StartSetting, "ready">,
  { signal }: Signal,
): Promise<Exclude<ReadyWhen, { kind: "auto" }> | StartResult> {
  const { invocation, cwd, timeoutMs, guard } = setting;
  const { argv, env } = await launchOf(program, invocation, { kind: "exit" });
  const found = await findReadiness({ argv, ...(env ? { env } : {}), cwd, timeoutMs, guard, signal });
  return "kind" in found && found.kind === "port" && takesPort(invocation) ? { kind: "port", port: "{port}" } : found;
}

/** What Go's runtime prints of a crash, or where the processor is too old (runtime/panic.go, runtime/asm_amd64.s). */
const CRASH = /^(?:panic: |fatal error: |This program can only be run on )/m;
/** A line of a trace with its position (runtime/traceback.go): a function, and below it a file and a line. */
const TRACE = /^[\w./*()·-]+\(.*\)\n\t.+:\d+ \+0x/m;
const TRACE_MS = 1000;

/** Starts a program, and asks one that keeps running for its traces (SIGQUIT, which the runtime answers unless the program does). */
export async function behaviourOf(program: Startable, setting: StartSetting, { signal }: Signal): Promise<Behaviour> {
  const { cwd, timeoutMs, guard } = setting;
  const launch = await launchOf(program, setting.invocation, setting.ready);
  let asked = false;
  const result = await start({ ...launch, cwd, timeoutMs, guard, signal }, async (pid) => {
    // a host has no signals to pass on
    if (program.host) return;
    asked = true;
    process.kill(pid, "SIGQUIT");
    await new Promise((resolve) => setTimeout(resolve, TRACE_MS));
  });
  const output = result.output.slice(-2000);
  if (!result.ok) return { lives: false, what: result.message, output };
  if (result.ended) {
    const { code } = result.ended;
    const crashed = code !== 0 && CRASH.test(result.output);
    return {
      lives: !crashed,
      fails: code !== 0,
      what: crashed ? crashLine(result.output) : `ends with ${code}`,
      output,
    };
  }
  return {
    lives: true,
    what: `gets ready (${readyText(setting.ready)})`,
    output,
    ...(asked ? { traces: TRACE.test(result.output) } : {}),
  };
}

const readyText = (ready: StartSetting["ready"]): string =>
  ready.kind === "port" ? `port:${ready.port}` : readinessText(ready);

function crashLine(output: string): string {
  return output.split("\n").find((line) => CRASH.test(line)) ?? "";
}

/** Runs kept of one program. */
interface Runs {
  readonly ms: number[];
  readonly notes: Set<string>;
}

/**
 * Starts programs in turn, so that what slows the machine for a while slows all alike. The first round warms the page cache and is not
 * counted. Ends after `runs` rounds, or sooner if `isOver`, but not before three.
 */
export async function startRounds(
  programs: readonly Startable[],
  runs: number,
  setting: StartSetting,
  { signal, say }: Signal & { readonly say: (text: string) => void },
  isOver: () => boolean,
): Promise<Map<Startable, { start?: Measured<Start>; notes: string[] }>> {
  const { invocation, ready, cwd, timeoutMs, guard } = setting;
  const all = new Map<Startable, Runs>(programs.map((program) => [program, { ms: [], notes: new Set() }]));
  for (let round = 0; round <= runs; round++) {
    if (round > LEAST_ROUNDS && isOver()) break;
    say(round === 0 ? "warming up" : `start-up, round ${round} of ${runs}`);
    for (const program of programs) {
      const kept = all.get(program)!;
      // what failed twice will fail again
      if (kept.notes.size > 1) continue;
      const launch = await launchOf(program, invocation, ready);
      const result = await start({ ...launch, cwd, timeoutMs, guard, signal });
      signal.throwIfAborted();
      if (!result.ok) kept.notes.add(`start ${round === 0 ? "to warm up" : round}: ${result.message}`);
      else if (round > 0) kept.ms.push(result.ms);
    }
  }
  return new Map(
    [...all].map(([program, { ms, notes }]) => {
      const measured = ms.length > 0 ? { start: startOf(ms, ready, programs.length, program.host?.name) } : {};
      return [program, { ...measured, notes: [...notes] }];
    }),
  );
}

const LEAST_ROUNDS = 3;

function startOf(
  ms: readonly number[],
  ready: StartSetting["ready"],
  count: number,
  host: string | undefined,
): Measured<Start> {
  const medianMs = median(ms);
  const spreadMs = median(ms.map((value) => Math.abs(value - medianMs)));
  const readiness = readyText(ready);
  const until = {
    exit: "until it ended",
    output: "until it printed what was waited for",
    port: "until the port accepted (asked every ms)",
  }[ready.kind];
  return {
    value: { medianMs: round(medianMs), spreadMs: round(spreadMs), runs: ms.length, readiness, allMs: ms.map(round) },
    how: `median of ${ms.length} warm starts ${until}, ${count === 1 ? "alone" : `in turn with ${count - 1} other variants`}; spread is the median distance from it${host === undefined ? "" : `; started by ${host}, whose own start is in it`}`,
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;

/** The middle value, or the mean of the two in the middle. Of nothing it is NaN. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds after it is ready at which memory is looked at: what a start left behind is freed by then. */
const SETTLE_MS = 100;

/** Memory of one process alone, and of two at once. Undefined and a reason if nothing could be read. */
export async function memoryOf(
  program: Startable,
  setting: StartSetting,
  { signal }: Signal,
): Promise<{ memory?: Measured<Memory>; note?: string }> {
  const { invocation, ready, cwd, timeoutMs, guard } = setting;
  if (program.host) return { note: `memory is that of ${program.host.name}: not measured` };
  if (ready.kind === "exit") return { note: "memory is that of a program that keeps running: this one ends" };
  const settings = { cwd, timeoutMs, guard, signal };
  let one: Resident | undefined;
  let two: Resident | undefined;
  let note: string | undefined;
  const first = await launchOf(program, invocation, ready);
  const result = await start({ ...first, ...settings }, async (pid) => {
    await settle();
    one = residentOf(pid);
    const second = await launchOf(program, invocation, ready);
    const other = await start({ ...second, ...settings }, async (otherPid) => {
      await settle();
      const both = [residentOf(pid), residentOf(otherPid)];
      if (both[0] && both[1]) two = mean(both[0], both[1]);
    });
    if (!other.ok) {
      const hint =
        takesPort(invocation) || ready.kind !== "port" ? "" : "; {port} in --run gives each a port of its own";
      note = `no second process at once: ${other.message}${hint}`;
    }
  });
  if (!result.ok) return { note: result.message };
  if (one === undefined) return { note: "this system does not tell private from shared memory" };
  const how = "smaps_rollup, 100 ms after it was ready: pages of its own, and pages that other processes map too";
  return { memory: { value: { one, ...(two ? { two } : {}) }, how }, ...(note === undefined ? {} : { note }) };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

function mean(a: ResidentMemory, b: ResidentMemory): Resident {
  return {
    privateBytes: Math.round((a.privateBytes + b.privateBytes) / 2),
    sharedBytes: Math.round((a.sharedBytes + b.sharedBytes) / 2),
  };
}
