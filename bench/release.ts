// `pare release` beside a plain `xargs -P2` loop that does the same (and goreleaser, if it is on PATH or named by GORELEASER), all in the
// same run: a warm build cache, nothing changed, a limit of memory, and kills. Prints ratios: they travel between machines.
// usage: node bench/release.ts [RUNS] [KILLS]
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { watchTree } from "../src/toolchain/processtree.ts";
import { builtPare } from "./built.ts";
import { against, measure, table } from "./measure.ts";

const RUNS = Number(process.argv[2] ?? 3);
const KILLS = Number(process.argv[3] ?? 20);
const PACKAGE = "github.com/google/ko";
const VERSION = "v0.18.0";
const TARGETS = ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"];
const FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="];

const base = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
const module = path.join(base, "module");
const dist = path.join(base, "dist");
const pare = builtPare();
const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" };

function prepare(): void {
  mkdirSync(module);
  execFileSync("go", ["mod", "init", "bench/subject"], { cwd: module, env, stdio: "pipe" });
  execFileSync("go", ["get", "-tool", `${PACKAGE}@${VERSION}`], { cwd: module, env, stdio: "pipe" });
  writeFileSync(
    path.join(module, "pare.yaml"),
    `release: { builds: [{ package: ${PACKAGE} }], targets: [${TARGETS.join(", ")}], archive: { format: tar.gz, files: [] } }\n`,
  );
  writeFileSync(
    path.join(module, ".goreleaser.yaml"),
    JSON.stringify({
      version: 2,
      dist: path.join(base, "goreleaser"),
      builds: [
        {
          id: "ko",
          main: PACKAGE,
          binary: "ko",
          targets: TARGETS.map((each) => each.replace("/", "_")),
          flags: FLAGS.slice(0, 2),
          ldflags: ["-s -w -buildid="],
        },
      ],
      archives: [{ formats: ["tar.gz"], files: ["none*"] }],
    }),
  );
  writeFileSync(
    path.join(base, "one.sh"),
    `set -e
IFS=/ read os arch <<EOF
$1
EOF
out=${base}/loop/ko_\${os}_$arch
mkdir -p "$out"
GOOS=$os GOARCH=$arch go build ${FLAGS.map((flag) => `'${flag}'`).join(" ")} -o "$out/ko" ${PACKAGE}
tar -C ${base}/loop -czf "$out.tar.gz" "ko_\${os}_$arch"
`,
  );
  writeFileSync(
    path.join(base, "loop.sh"),
    `set -e
rm -rf ${base}/loop; mkdir ${base}/loop
printf '%s\\n' ${TARGETS.join(" ")} | xargs -P2 -I{} sh ${base}/one.sh {}
cd ${base}/loop && sha256sum *.tar.gz >SHA256SUMS
`,
  );
  writeFileSync(
    path.join(base, "fresh.sh"),
    `set -e
rm -rf ${dist} ${base}/cache
exec "$@"
`,
  );
}

const place = {
  cwd: module,
  env: {
    CGO_ENABLED: "0",
    GOFLAGS: "",
    XDG_CACHE_HOME: path.join(base, "cache"),
    XDG_STATE_HOME: path.join(base, "state"),
  },
};

function release(...words: string[]): [string, ...string[]] {
  const [command, ...first] = pare;
  return [command, ...first, "release", "-q", "--no-symbols", "-o", dist, ...words];
}

function hashes(): Map<string, string> {
  const names = existsSync(dist) ? (readdirSync(dist, { recursive: true }) as string[]).sort() : [];
  const shown = names.filter((name) => !/(^|\/)\.|\.tmp$/.test(name) && statSync(path.join(dist, name)).isFile());
  return new Map(
    shown.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(path.join(dist, name)))
        .digest("hex"),
    ]),
  );
}

async function started(words: readonly string[], kill?: number): Promise<{ peak: number; code: number | null }> {
  const [command, ...rest] = words;
  const child = spawn(command, rest, {
    cwd: module,
    env: { ...process.env, ...place.env },
    stdio: "ignore",
    detached: true,
  });
  const watch = watchTree(child.pid!);
  const timer = kill === undefined ? undefined : setTimeout(() => process.kill(-child.pid!, "SIGKILL"), kill);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearTimeout(timer);
  return { peak: watch.stop().peakBytes, code };
}

try {
  prepare();
  const loop = ["sh", path.join(base, "loop.sh")];
  const fresh = ["sh", path.join(base, "fresh.sh"), ...release()];
  const goreleaser = process.env.GORELEASER ?? "goreleaser";
  const hasGoreleaser =
    existsSync(goreleaser) || (process.env.PATH ?? "").split(":").some((dir) => existsSync(path.join(dir, goreleaser)));
  // everything is compiled before anything is timed
  measure([loop, fresh], 1, place);
  const commands = [loop, fresh, ...(hasGoreleaser ? [[goreleaser, "release", "--snapshot", "--clean"]] : [])];
  const [plain, own, other] = measure(commands, RUNS, place);
  measure([release()], 1, place);
  const [unchanged] = measure([release()], RUNS, place);
  const whole = hashes();
  const rows = [["five targets, warm", "seconds", "processor", "ratio"]];
  rows.push(["xargs -P2", plain.seconds.toFixed(2), plain.cpu.toFixed(2), ""]);
  rows.push(["pare release", own.seconds.toFixed(2), own.cpu.toFixed(2), against(own.seconds / plain.seconds, 0.9, 2)]);
  if (other !== undefined)
    rows.push([
      "goreleaser",
      other.seconds.toFixed(2),
      other.cpu.toFixed(2),
      against(own.seconds / other.seconds, 0.8, 2),
    ]);
  rows.push(["nothing changed", against(unchanged.seconds, 0.5, 2), unchanged.cpu.toFixed(2), ""]);
  process.stdout.write(`${table(rows)}\n\n`);

  rmSync(path.join(base, "cache"), { recursive: true });
  rmSync(dist, { recursive: true });
  const single = await started(release("-j", "1"));
  rmSync(path.join(base, "cache"), { recursive: true });
  rmSync(dist, { recursive: true });
  const limited = await started(release("-j", "5", "--memory", "1500MB"));
  process.stdout.write(
    `--memory 1500MB -j 5: ${against(limited.peak / 1e6, 1500 + Math.round(single.peak / 1e6), 0)} MB at the peak of all processes (the largest single build: ${Math.round(single.peak / 1e6)} MB)\n`,
  );

  let wrong = 0;
  for (let i = 0; i < KILLS; i++) {
    rmSync(path.join(base, "cache"), { recursive: true, force: true });
    rmSync(dist, { recursive: true, force: true });
    await started(release(), Math.random() * own.seconds * 1000);
    for (const [name, hash] of hashes()) if (whole.get(name) !== hash) wrong++;
    const { code } = await started(release());
    const after = hashes();
    if (code !== 0 || after.size !== whole.size || [...whole].some(([name, hash]) => after.get(name) !== hash)) wrong++;
  }
  process.stdout.write(`${KILLS} kills: ${against(wrong, 0, 0)} files or runs wrong\n`);
} finally {
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
}
