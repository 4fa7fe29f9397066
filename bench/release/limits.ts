// What a release does where memory is short, and where it is killed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watchTree } from "../../src/toolchain/processtree.ts";
import { against, table } from "../measure.ts";
import { PROGRAMS, type Subject, withSubject } from "./subject.ts";

const LIMIT = 1500;
const JOBS = 5;

/** Peaks of all processes of five builds at a time, with a limit and without, and of goreleaser with as many. */
export async function memory(name = "ko"): Promise<void> {
  await withSubject(PROGRAMS[name], async (subject) => {
    // everything is compiled, and what single builds take is remembered
    const single = await peakOf(subject.pare("-j", "1"), subject);
    const rows = [[`${name}, ${JOBS} builds at a time`, "peak of all processes, MB", "seconds"]];
    const row = (what: string, { peak, seconds }: Ended, bar?: number): void =>
      void rows.push([what, against(peak, bar, 0), seconds.toFixed(1)]);
    row("one at a time", single);
    subject.forget();
    row("no limit", await peakOf(subject.pare("-j", String(JOBS)), subject));
    subject.forget();
    const limited = await peakOf(subject.pare("-j", String(JOBS), "--memory", `${LIMIT}MB`), subject);
    row(`--memory ${LIMIT}MB`, limited, LIMIT + Math.round(single.peak));
    const { goreleaser } = subject.contenders("--parallelism", String(JOBS));
    if (goreleaser !== undefined) row("goreleaser", await peakOf(goreleaser, subject), LIMIT + Math.round(single.peak));
    console.log(table(rows));
  });
}

/** SIGKILL at random moments: what lies under a final name is whole, and the next run makes the rest. */
export async function kills(name = "age", count = 20): Promise<void> {
  await withSubject(PROGRAMS[name], async (subject) => {
    await ended(subject.pare(), subject);
    subject.forget();
    const { seconds } = await ended(subject.pare(), subject);
    const whole = subject.hashes();
    const moments: string[] = [];
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      subject.forget();
      const moment = Math.random() * seconds;
      await ended(subject.pare(), subject, moment);
      const left = subject.hashes();
      moments.push(`${moment.toFixed(2)} s: ${left.size}`);
      for (const [file, hash] of left) if (whole.get(file) !== hash) wrong++;
      const { code } = await ended(subject.pare(), subject);
      const after = subject.hashes();
      if (code !== 0 || after.size !== whole.size) wrong++;
      for (const [file, hash] of after) if (whole.get(file) !== hash) wrong++;
    }
    console.log(
      `${name}: ${count} kills of a release that takes ${seconds.toFixed(2)} s: ${against(wrong, 0, 0)} files or runs are wrong`,
    );
    console.log(`when, and files under their final names then, of ${whole.size}: ${moments.join(", ")}\n`);
  });
}

interface Ended {
  readonly code: number | null;
  /** MB. */
  readonly peak: number;
  readonly seconds: number;
}

/** Runs a command to its end, or for so many seconds. */
async function ended(words: readonly string[], { place }: Subject, kill?: number): Promise<Ended> {
  const [command, ...rest] = words;
  const began = performance.now();
  const child = spawn(command, rest, { cwd: place.cwd, env: { ...process.env, ...place.env }, stdio: "ignore" });
  const watch = watchTree(child.pid!);
  const timer = kill === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), kill * 1000);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  return { code, peak: watch.stop().peakBytes / 1e6, seconds: (performance.now() - began) / 1000 };
}

async function peakOf(words: readonly string[], subject: Subject): Promise<Ended> {
  const done = await ended(words, subject);
  if (done.code !== 0) throw new Error(`${words.join(" ")} ended with ${done.code}`);
  return done;
}
