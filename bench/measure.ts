// Wall time and peak memory of a whole process, as its user meets them: start-up included, output thrown away.
import { spawnSync } from "node:child_process";

export interface Measured {
  /** Best wall time of all runs, in seconds. */
  readonly seconds: number;
  /** Least processor time of all runs, in seconds: what a busy machine distorts less. */
  readonly cpu: number;
  /** Largest peak of resident memory of all runs, in bytes. */
  readonly peak: number;
}

/** Where, and with what besides the environment, commands run. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function once(command: string, words: readonly string[], { cwd, env }: Place): Measured {
  const start = process.hrtime.bigint();
  // GNU time: Node tells the peak of its own process only
  const ran = spawnSync("/usr/bin/time", ["-q", "-f", "%M %U %S", command, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    cwd,
    env: { ...process.env, ...env },
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (ran.error !== undefined) throw ran.error;
  if (ran.status !== 0) throw new Error(`${command} ${words.join(" ")} failed:\n${ran.stderr}`);
  const [kilobytes, user, system] = (ran.stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { seconds, cpu: user + system, peak: kilobytes * 1024 };
}

/** Runs several commands in turn, `runs` times each, so that a busy moment of the machine meets all of them. */
export function measure(commands: readonly (readonly string[])[], runs: number, place: Place = {}): Measured[] {
  const best: Measured[] = commands.map(() => ({ seconds: Infinity, cpu: Infinity, peak: 0 }));
  for (let run = 0; run < runs; run++) {
    for (const [i, [command, ...words]] of commands.entries()) {
      const { seconds, cpu, peak } = once(command, words, place);
      best[i] = {
        seconds: Math.min(best[i].seconds, seconds),
        cpu: Math.min(best[i].cpu, cpu),
        peak: Math.max(best[i].peak, peak),
      };
    }
  }
  return best;
}

/** "1.23 ≤ 4", or "5.67 > 4 OVER". */
export function against(value: number, bar: number | undefined, digits: number): string {
  const shown = value.toFixed(digits);
  if (bar === undefined) return shown;
  return value <= bar ? `${shown} ≤ ${String(bar)}` : `${shown} > ${String(bar)} OVER`;
}

/** A table of aligned columns: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(width[i]) : cell.padStart(width[i]))).join("  ");
  return `${rows.map(line).join("\n")}\n`;
}
