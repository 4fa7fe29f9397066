// Speed and memory of `pare profile --json` beside `go tool nm -size` (and go-size-analyzer, if its `gsa` is on PATH or named by GSA),
// all in the same run, on programs that the bench builds at pinned versions. Prints ratios: they travel between machines.
// usage: npm run bench [-- RUNS]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { goBuild, goInstall } from "../test/fixture.ts";
import { builtPare } from "./built.ts";
import { against, measure, type Measured, table } from "./measure.ts";

const RUNS = Number(process.argv[2] ?? 5);
const MB = 1e6;

interface Subject {
  readonly name: string;
  readonly stripped: string;
  readonly full: string;
  /** Upper bounds: wall as a multiple of nm's, or in seconds; peak memory in MB. */
  readonly ratio?: number;
  readonly seconds?: number;
  readonly peak?: number;
}

const STRIP = { ldflags: "-s -w" };
const KO = { module: "github.com/google/ko@v0.18.0" };
const CADDY = { module: "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9" };

function subjects(): Subject[] {
  const hello = { fixture: "hello" };
  const server = { fixture: "server" };
  return [
    { name: "hello", stripped: goBuild({ ...hello, ...STRIP }), full: goBuild(hello), seconds: 0.2 },
    { name: "server", stripped: goBuild({ ...server, ...STRIP }), full: goBuild(server) },
    { name: "ko", stripped: goInstall({ ...KO, ...STRIP }), full: goInstall(KO), ratio: 4, peak: 220 },
    { name: "caddy", stripped: goInstall({ ...CADDY, ...STRIP }), full: goInstall(CADDY), ratio: 5, peak: 330 },
  ];
}

function findGsa(): string | undefined {
  const command = process.env.GSA ?? "gsa";
  return spawnSync(command, ["--version"]).status === 0 ? command : undefined;
}

interface Row extends Pick<Subject, "name" | "ratio" | "seconds" | "peak"> {
  readonly file: string;
  readonly ours: Measured;
  readonly theirs: Measured;
  readonly other?: Measured;
}

/** All files by turns, so that a stretch in which the machine is busy does not fall on one of them alone: the best run of each counts. */
function measureAll(all: readonly Subject[], pare: readonly string[], gsa: string | undefined): Row[] {
  const files = all.flatMap(({ stripped, full, ...subject }) => [
    { ...subject, name: `${subject.name} stripped`, file: stripped, full },
    { ...subject, name: `${subject.name} full`, file: full, full },
  ]);
  const commandsOf = ({ file, full }: (typeof files)[number]): string[][] => [
    [...pare, "profile", "--json", file],
    ["go", "tool", "nm", "-size", full],
    ...(gsa === undefined ? [] : [[gsa, "--format", "json", "-o", "/dev/null", file]]),
  ];
  const each = gsa === undefined ? 2 : 3;
  const measured = measure(files.flatMap(commandsOf), RUNS);
  return files.map(({ full: _, ...row }, i) => {
    const [ours, theirs, other] = measured.slice(i * each, (i + 1) * each);
    return { ...row, ours, theirs, ...(other && { other }) };
  });
}

function main(): void {
  const pare = builtPare();
  // since Go 1.24 the first `go tool nm` compiles nm: not in the measurement
  execFileSync("go", ["tool", "nm", process.execPath], { stdio: "ignore" });
  const gsa = findGsa();

  const all = subjects();
  const rows = [
    ["subject", "MB", "pare s", "cpu s", "nm s", "pare/nm", "peak MB", "MB/s", "gsa s", "gsa/pare", "gsa MB"],
  ];
  const measured = measureAll(all, pare, gsa);
  for (const { name, file, ratio, seconds, peak, ours, theirs, other } of measured) {
    const size = statSync(file).size;
    rows.push([
      name,
      (size / MB).toFixed(1),
      against(ours.seconds, seconds, 3),
      ours.cpu.toFixed(2),
      theirs.seconds.toFixed(3),
      against(ours.seconds / theirs.seconds, ratio, 2),
      against(ours.peak / MB, peak, 0),
      (size / MB / ours.seconds).toFixed(0),
      other === undefined ? "-" : other.seconds.toFixed(2),
      other === undefined ? "-" : (other.seconds / ours.seconds).toFixed(1),
      other === undefined ? "-" : (other.peak / MB).toFixed(0),
    ]);
  }
  process.stdout.write(table(rows));
  const [help] = measure([[...pare, "--help"]], Math.max(RUNS, 10));
  process.stdout.write(`\npare --help: ${against(help.seconds, 0.12, 3)} s\n`);

  const scratch = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
  const ko = all.find(({ name }) => name === "ko");
  const [json, html] = [path.join(scratch, "ko.json"), path.join(scratch, "ko.html")];
  execFileSync(pare[0], [pare[1], "profile", "--json", "-o", json, "--html", html, ko?.stripped ?? ""]);
  process.stdout.write(`ko --json: ${against(statSync(json).size / MB, 1, 2)} MB\n`);
  process.stdout.write(`ko --html: ${against(statSync(html).size / MB, 1.5, 2)} MB\n`);
  rmSync(scratch, { recursive: true });
}

main();
