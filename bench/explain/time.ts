// How long asking the linker takes beyond an ordinary build of which only the link is left to do, and how much memory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { builtPare } from "../built.ts";
import { against, measure, table } from "../measure.ts";
import { ENV, FLAGS, ko } from "./subjects.ts";

const RUNS = 5;
const MB = 1e6;

/** Seconds beyond the build, bytes. */
const BARS = { why: { beyond: 2.5, peak: 1000 }, deps: { beyond: 5, peak: 1000 } };

export async function time(): Promise<void> {
  const pare = builtPare();
  const { pkg, cwd } = ko();
  const scratch = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
  try {
    const out = path.join(scratch, "ko");
    // a program that is there already would not be linked again
    const build = ["sh", "-c", 'rm -f "$0" && exec go build -o "$0" "$@"', out, ...FLAGS, pkg];
    const why = [...pare, "why", "net/http", pkg, "-q", "--", ...FLAGS];
    const deps = [...pare, "deps", "--json", pkg, "-q", "--", ...FLAGS];
    const place = { cwd, env: ENV };
    measure([build, why, deps], 1, place);
    const [plain, asked, priced] = measure([build, why, deps], RUNS, place);
    const rows = [
      ["ko", "s", "beyond s", "times go build", "cpu s", "peak MB"],
      ["go build", plain.seconds.toFixed(2), "-", "1.00", plain.cpu.toFixed(2), (plain.peak / MB).toFixed(0)],
    ];
    for (const [name, { seconds, cpu, peak }] of [
      ["why", asked],
      ["deps", priced],
    ] as const) {
      const bar = BARS[name];
      rows.push([
        `pare ${name}`,
        seconds.toFixed(2),
        against(seconds - plain.seconds, bar.beyond, 2),
        (seconds / plain.seconds).toFixed(2),
        cpu.toFixed(2),
        against(peak / MB, bar.peak, 0),
      ]);
    }
    console.log(`best of ${RUNS} runs each, in turn; peak: the largest process, pare or one of Go's\n\n${table(rows)}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
