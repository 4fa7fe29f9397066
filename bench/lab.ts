// What guides say of build options, measured by `pare lab` on the example and on ko, and checked by hand where that can be done:
//   node bench/lab.ts [example|ko …]
// Sizes are compared with `go build` and `upx` run by themselves; layers are what `tar | gzip` makes of the file.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LabResult, LabRow } from "../src/lab/model.ts";
import { formatBytes, formatExact, formatShare } from "../src/report/units.ts";
import { example, ko, type Program } from "./explain/subjects.ts";

const MAIN = path.join(import.meta.dirname, "../src/cli/main.ts");

const ONLY = ["-w", "-s -w", "release", "CGO_ENABLED=*", "pie", "no inlining", "tag *", "upx -?", "upx --best --lzma"];
/** Whose builds are timed, with an empty cache too. */
const TIMED = ["release", "CGO_ENABLED=?"];

interface Bench {
  readonly program: Program;
  /** Options that say how it is started. */
  readonly start: readonly string[];
}

function benches(work: string): Record<string, () => Bench> {
  // a port that the system chooses, so that two can run at once
  const config = path.join(work, "config.yaml");
  writeFileSync(config, "listen: 127.0.0.1:0\n");
  return {
    example: () => ({ program: example, start: ["--run", `-config ${config}`, "--ready", "output:listening"] }),
    ko: () => ({ program: ko(), start: ["--run", "version"] }),
  };
}

/** Runs pare lab as its user does; answers its document and the wall time of the whole process in seconds. */
function lab({ cwd, pkg }: Program, words: readonly string[]): { result: LabResult; seconds: number } {
  const began = performance.now();
  const command = [MAIN, "lab", "--json", "-j", "1", ...words, pkg];
  const { status, stdout } = spawnSync(process.execPath, command, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`pare lab ended with ${status}`);
  return { result: JSON.parse(stdout) as LabResult, seconds: (performance.now() - began) / 1000 };
}

function run(command: string, words: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Buffer {
  const { status, stdout, stderr } = spawnSync(command, words, { ...options, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr.toString()}`);
  return stdout;
}

/** The same variant made without pare: its size, and that of a layer which holds it alone. */
function byHand({ variant }: LabRow, { cwd, pkg }: Program, work: string): { size: number; layer: number } {
  const plain = path.join(work, "plain");
  const env = { ...process.env, ...variant.env };
  run("go", ["build", ...variant.flags, "-o", plain, pkg], { cwd, env });
  const file = path.join(work, "app");
  rmSync(file, { force: true });
  if (variant.pack) run("upx", [...variant.pack.args, "-qqq", "-o", file, plain], { cwd: work });
  else run("mv", [plain, file], { cwd: work });
  const layer = path.join(work, "layer.tar.gz");
  run("tar", ["-czf", layer, "-C", work, "app"], { cwd: work });
  return { size: statSync(file).size, layer: statSync(layer).size };
}

const yes = (is: boolean | undefined): string => (is === undefined ? "" : is ? "yes" : "no");

function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`| ${columns.join(" | ")} |\n| --- |${" ---: |".repeat(columns.length - 1)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

function bench({ program, start }: Bench, work: string): boolean {
  const { result, seconds } = lab(program, ["--measure", "start", "--runs", "15", ...start, "--only", ONLY.join(",")]);
  const [first] = result.rows;
  const whole = first.measures.fileBytes!.value;
  const startMs = first.measures.start?.value.medianMs ?? 0;
  console.log(`${result.subject}, ${result.goVersion}, ${result.target}\n`);
  let agrees = true;
  const rows = result.rows.map((row) => {
    const { variant, measures, outcome } = row;
    const size = measures.fileBytes?.value;
    if (size === undefined) return [variant.name, JSON.stringify(outcome), "", "", "", "", "", "", ""];
    const hand = byHand(row, program, work);
    if (hand.size !== size) agrees = false;
    const { one, two } = measures.memory?.value ?? {};
    const own = measures.start?.value;
    return [
      variant.name,
      `${formatExact(size)}${hand.size === size ? "" : ` (by hand ${formatExact(hand.size)})`}`,
      row === first ? "" : formatShare(size - whole, whole),
      formatBytes(hand.layer),
      own === undefined ? "" : `${own.medianMs.toFixed(1)} ± ${own.spreadMs.toFixed(1)} ms`,
      own === undefined || row === first ? "" : `${(own.medianMs / startMs).toFixed(2)}×`,
      one === undefined ? "" : formatBytes(one.privateBytes),
      two === undefined ? "" : formatBytes(two.privateBytes),
      [
        measures.traits?.linking?.value,
        measures.traits?.aslr?.value === true ? "ASLR" : "",
        measures.alive?.value === true ? "alive" : "NOT ALIVE",
        measures.traits?.restores ? `upx -d ${yes(measures.traits.restores.value)}` : "",
      ]
        .filter((word) => word !== undefined && word !== "")
        .join(", "),
    ];
  });
  printTable(["variant", "bytes", "change", "layer (tar.gz)", "start", "", "private, one", "of two, each", ""], rows);
  for (const warning of result.warnings) console.log(`\n${warning}`);

  const timed = lab(program, ["--measure", "build", ...start, "--only", TIMED.join(",")]);
  console.log("");
  printTable(
    ["build", "cold", "warm", "link", "peak memory", "linking", "reproducible"],
    timed.result.rows.map(({ variant, measures }) => {
      const { coldSeconds, warmSeconds, linkSeconds, peakRssBytes } = measures.build?.value ?? {};
      const s = (value: number | undefined): string => (value === undefined ? "" : `${value.toFixed(2)} s`);
      const memory = peakRssBytes === undefined ? "" : formatBytes(peakRssBytes);
      const { linking, reproducible } = measures.traits ?? {};
      const traits = [linking?.value ?? "", yes(reproducible?.value)];
      return [variant.name, s(coldSeconds), s(warmSeconds), s(linkSeconds), memory, ...traits];
    }),
  );
  const tasks = result.seconds.tasks + timed.result.seconds.tasks;
  const ratio = (seconds + timed.seconds) / tasks;
  console.log(
    `\nsizes by hand: ${agrees ? "equal to the byte" : "NOT EQUAL"}; the lab took ${ratio.toFixed(3)} × its builds and runs one by one (${tasks.toFixed(0)} s)`,
  );
  return agrees && ratio <= 1.1;
}

const work = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
try {
  const known = benches(work);
  const asked = process.argv.slice(2);
  for (const name of asked.length > 0 ? asked : Object.keys(known)) {
    console.log(`\n## ${name}\n`);
    if (!bench(known[name](), work)) process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
