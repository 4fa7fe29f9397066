// What guides say of build options, measured by `pare lab` on the example and on ko, and checked by hand where that can be done:
//   node bench/lab.ts [example|ko …] [sizes|starts|builds|overhead …]
// Sizes are compared with `go build` and `upx` run by themselves; layers are what `tar | gzip` makes of the file. Times want a quiet
// machine: each part can be run by itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import type { LabResult, LabRow } from "../src/lab/model.ts";
import { formatBytes, formatExact, formatShare } from "../src/report/units.ts";
import { example, ko, type Program } from "./explain/subjects.ts";

const MAIN = path.join(import.meta.dirname, "../src/cli/main.ts");

const STARTED = ["-w", "-s -w", "release", "CGO_ENABLED=*", "pie", "upx -?", "upx --best --lzma"];
const SIZED = [...STARTED, "no inlining", "tag *"];
/** Whose builds are timed, with an empty cache too. */
const TIMED = ["release", "CGO_ENABLED=?"];
/** What the lab's own time is taken of: all that is built in one go, and some that is packed. */
const MANY = [
  "-w",
  "-s -w",
  "release",
  "CGO_ENABLED=*",
  "pie",
  "GOAMD64=*",
  "no inlining",
  "tag *",
  "upx -1",
  "upx -5",
];

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
function lab(
  { cwd, pkg }: Program,
  words: readonly string[],
  { jobs, env, core }: { readonly jobs: number; readonly env?: NodeJS.ProcessEnv; readonly core?: boolean } = {
    jobs: 1,
  },
): { result: LabResult; seconds: number } {
  const began = performance.now();
  const args = [MAIN, "lab", "--json", "-q", "-j", String(jobs), ...words, pkg];
  const [command, ...rest] = [...(core === true ? ["taskset", "-c", "0"] : []), process.execPath, ...args];
  const { status, stdout } = spawnSync(command, rest, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
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

const titleOf = ({ subject, goVersion, target }: LabResult): string => `${subject}, ${goVersion}, ${target}`;
const secondsOf = (value: number | undefined): string => (value === undefined ? "" : `${value.toFixed(2)} s`);

/** Sizes and layers; whether every size is that of a build by hand. */
function sizes({ program }: Bench, work: string): boolean {
  const { result } = lab(program, ["--only", SIZED.join(",")]);
  const whole = result.rows[0].measures.fileBytes!.value;
  let agrees = true;
  console.log(`${titleOf(result)}\n`);
  const rows = result.rows.map((row) => {
    const { variant, measures, outcome } = row;
    const size = measures.fileBytes?.value;
    if (size === undefined) return [variant.name, JSON.stringify(outcome), "", "", "", ""];
    const hand = byHand(row, program, work);
    if (hand.size !== size) agrees = false;
    const from = result.rows.find((other) => other.variant.name === variant.from)?.measures.fileBytes?.value;
    return [
      variant.name,
      `${formatExact(size)}${hand.size === size ? "" : ` (by hand ${formatExact(hand.size)})`}`,
      row === result.rows[0] ? "" : formatShare(size - whole, whole),
      from === undefined ? "" : `${formatShare(size - from, from)} on ${variant.from}`,
      formatBytes(hand.layer),
      [
        measures.alive?.value === true ? "" : "NOT ALIVE",
        measures.traits?.restores ? `upx -d ${yes(measures.traits.restores.value)}` : "",
      ]
        .filter((word) => word !== "")
        .join(", "),
    ];
  });
  printTable(["variant", "bytes", "change", "", "layer (tar.gz)", ""], rows);
  for (const warning of result.warnings) console.log(`\n${warning}`);
  console.log(`\nsizes by hand: ${agrees ? "equal to the byte" : "NOT EQUAL"}`);
  return agrees;
}

/** Start-up and memory. */
function starts({ program, start }: Bench): boolean {
  const { result } = lab(program, ["--measure", "start", "--runs", "15", ...start, "--only", STARTED.join(",")]);
  const release = result.rows.find(({ variant }) => variant.name === "release")!.measures.start?.value.medianMs ?? 0;
  console.log(`${titleOf(result)}\n`);
  const rows = result.rows.map(({ variant, measures }) => {
    const { one, two } = measures.memory?.value ?? {};
    const own = measures.start?.value;
    return [
      variant.name,
      own === undefined ? "" : `${own.medianMs.toFixed(1)} ± ${own.spreadMs.toFixed(1)} ms`,
      own === undefined ? "" : `${(own.medianMs / release).toFixed(2)}×`,
      one === undefined ? "" : formatBytes(one.privateBytes),
      two === undefined ? "" : formatBytes(two.privateBytes),
      [
        measures.traits?.linking?.value,
        measures.traits?.aslr?.value === true ? "ASLR" : "",
        measures.alive?.value === true ? "alive" : "NOT ALIVE",
      ]
        .filter((word) => word !== undefined && word !== "")
        .join(", "),
    ];
  });
  printTable(["variant", "start", "of release", "private, one", "of two, each", ""], rows);
  for (const warning of result.warnings) console.log(`\n${warning}`);
  return result.rows.every(({ measures }) => measures.alive?.value === true && measures.start !== undefined);
}

/** Builds alone on the machine. */
function builds({ program }: Bench): boolean {
  const { result } = lab(program, ["--measure", "build", "--only", TIMED.join(",")]);
  console.log(`${titleOf(result)}\n`);
  printTable(
    ["build", "cold", "warm", "link", "peak memory", "linking", "reproducible"],
    result.rows.map(({ variant, measures }) => {
      const { coldSeconds, warmSeconds, linkSeconds, peakRssBytes } = measures.build?.value ?? {};
      const memory = peakRssBytes === undefined ? "" : formatBytes(peakRssBytes);
      const { linking, reproducible } = measures.traits ?? {};
      const traits = [linking?.value ?? "", yes(reproducible?.value)];
      return [variant.name, secondsOf(coldSeconds), secondsOf(warmSeconds), secondsOf(linkSeconds), memory, ...traits];
    }),
  );
  return result.rows.every(({ measures }) => measures.build !== undefined);
}

/** Bars of the issue: the whole process over the sum of its builds and looks one by one. */
const MOST = { single: 1.1, spare: 0.7 };

/**
 * The lab's own time. Builds take all cores for themselves, so that on a small machine none is to spare: for the second figure every task
 * has one core, one after the other on one, and side by side on all.
 */
function overhead({ program }: Bench): boolean {
  const words = ["--only", MANY.join(",")];
  const cores = cpus().length;
  const limited = { GOMAXPROCS: "1", GOFLAGS: `${process.env.GOFLAGS ?? ""} -p=1`.trim() };
  // what is compiled once is in the cache of each that follows
  lab(program, words);
  const own = lab(program, words);
  const beside = lab(program, words, { jobs: cores });
  const single = lab(program, words, { jobs: 1, env: limited, core: true });
  const spare = lab(program, words, { jobs: cores, env: limited });
  const line = (what: string, wall: number, tasks: number, most: number): string[] => [
    what,
    secondsOf(wall),
    secondsOf(tasks),
    `${(wall / tasks).toFixed(3)} ×`,
    wall / tasks <= most ? `holds (${most})` : `MISSES ${most}`,
  ];
  console.log(`${titleOf(own.result)}, ${own.result.rows.length} variants, warm\n`);
  const [alone, one] = [own.result.seconds.tasks, single.result.seconds.tasks];
  printTable(
    ["", "whole lab", "tasks one by one", "", "bar"],
    [
      line("one by one (-j 1)", own.seconds, alone, MOST.single),
      line(`side by side (-j ${cores}), no core to spare`, beside.seconds, alone, MOST.single),
      line("one by one on one core", single.seconds, one, MOST.single),
      line(`side by side (-j ${cores}), one core for each build`, spare.seconds, one, MOST.spare),
    ],
  );
  return own.seconds <= MOST.single * alone && spare.seconds <= MOST.spare * one;
}

const PARTS = { sizes, starts, builds, overhead } as const;

const work = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
try {
  const known = benches(work);
  const asked = process.argv.slice(2);
  const names = Object.keys(known).filter((name) => asked.includes(name));
  const parts = (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((part) => asked.includes(part));
  const unknown = asked.find((word) => !(word in known) && !(word in PARTS));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}`);
  for (const name of names.length > 0 ? names : Object.keys(known)) {
    for (const part of parts.length > 0 ? parts : (Object.keys(PARTS) as (keyof typeof PARTS)[])) {
      console.log(`\n## ${name}: ${part}\n`);
      if (!PARTS[part](known[name](), work)) process.exitCode = 1;
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
