// pare lab as a user meets it: variants of a small program, and all that can go wrong with them.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { LabResult, LabRow } from "../../src/lab/model.ts";
import { labSchema } from "../../src/lab/schema.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");
const FIXTURE = path.join(import.meta.dirname, "../fixtures/lab");
const scratch = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const environment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  NO_COLOR: "1",
  COLUMNS: "",
  GOFLAGS: "",
  GOENV: "off",
  GOWORK: "off",
  CGO_ENABLED: "0",
  TMPDIR: scratch,
  XDG_STATE_HOME: path.join(scratch, "state"),
  ...more,
});

function pare(
  words: readonly string[],
  env = environment(),
): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [MAIN, "lab", ...words], { cwd: FIXTURE, env, encoding: "utf8" });
}

function lab(words: readonly string[], env = environment()): LabResult {
  const { stdout, stderr, status } = pare(["-q", "--json", ...words], env);
  expect([stderr, status]).toEqual(["", 0]);
  return labSchema.parse(JSON.parse(stdout));
}

const row = ({ rows }: LabResult, name: string): LabRow => rows.find(({ variant }) => variant.name === name)!;
const leftBehind = (): string[] => readdirSync(scratch).filter((name) => name.startsWith("pare-"));

describe("pare lab", () => {
  it("builds, packs, looks at and starts variants, and leaves nothing behind", () => {
    const before = readdirSync(FIXTURE);
    const result = lab(["--only", "-s -w,upx -1,no write*", "--test"]);
    expect(result.rows.map(({ variant, outcome }) => [variant.name, outcome.state])).toEqual([
      ["default", "built"],
      ["-s -w", "built"],
      ["release", "built"],
      ["no write barriers", "refused"],
      ["upx -1", "built"],
    ]);
    const sizes = ["default", "-s -w", "release", "upx -1"].map((name) => row(result, name).measures.fileBytes!.value);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    for (const { measures, outcome } of result.rows) {
      if (outcome.state !== "built") continue;
      expect(measures.alive).toEqual({ value: true, how: "started with --help: ends with 0" });
      expect(measures.tests?.value).toBe(true);
      expect(measures.download!.value.gzip).toBeLessThan(measures.fileBytes!.value);
      const kinds = measures.kinds && Object.values(measures.kinds.value).reduce((sum, bytes) => sum + bytes, 0);
      expect([undefined, measures.fileBytes!.value]).toContain(kinds);
    }
    expect(row(result, "default").measures.traits).toMatchObject({
      linking: { value: "static" },
      debugInfo: { value: true },
      pprof: { value: true },
      // it names the directory of its source
      reproducible: { value: false },
    });
    expect(row(result, "release").measures.traits).toMatchObject({
      debugInfo: { value: false },
      pprof: { value: true },
    });
    expect(row(result, "upx -1").measures.traits?.restores?.value).toBe(true);
    expect(row(result, "upx -1").command).toBe(
      "go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o lab . && upx -1 lab",
    );
    expect(leftBehind()).toEqual([]);
    expect(readdirSync(FIXTURE)).toEqual(before);
  });

  it("measures start-up and memory of a server, one and two at once, and asks for its trace", () => {
    const words = ["--measure", "start", "--runs", "3", "--only", "-w"];
    const result = lab([...words, "--run", "serve 127.0.0.1:{port}", "--ready", "port:{port}"]);
    for (const { measures } of result.rows) {
      expect(measures.start!.value).toMatchObject({ runs: 3, readiness: "port:{port}" });
      expect(measures.start!.value.allMs).toHaveLength(3);
      expect(measures.start!.value.medianMs).toBeGreaterThan(0);
      expect(measures.traits!.panicTrace).toEqual({ value: true, how: "SIGQUIT: the trace has functions and lines" });
      if (process.platform !== "linux") continue;
      const { one, two } = measures.memory!.value;
      expect(one.privateBytes).toBeGreaterThan(100_000);
      // the second maps the same file
      expect(two!.sharedBytes).toBeGreaterThan(one.sharedBytes);
    }
  });

  it.runIf(process.platform === "linux")(
    "finds out that a server listens, and that its port is taken for a second",
    () => {
      const result = lab(["--measure", "start", "--runs", "3", "--only", "default", "--run", "serve 127.0.0.1:47613"]);
      expect(row(result, "default").measures.start!.value.readiness).toBe("port:47613");
      expect(result.warnings).toEqual([expect.stringMatching(/port 47613 is taken already; \{port\} in --run/)]);
    },
  );

  it("times builds, and knows what can be reproduced", () => {
    // one that is compiled soon: the cache is empty
    const words = ["--measure", "build", "--only", "default", "../tiny", "--", "-trimpath", "-buildvcs=false"];
    const { build, traits } = row(lab(words), "default").measures;
    const { coldSeconds, warmSeconds, linkSeconds } = build!.value;
    expect(coldSeconds).toBeGreaterThan(warmSeconds!);
    expect(linkSeconds).toBeGreaterThan(0);
    expect(linkSeconds).toBeLessThan(warmSeconds!);
    expect(traits!.reproducible!.value).toBe(true);
  });

  it("gives up on a program that never gets ready, and ends its children", () => {
    const result = lab(["--only", "-w", "--timeout", "0.5s", "--run", "hang 271828"]);
    expect(result.warnings).toEqual([
      "default neither ends nor listens: not ready after 0.5 s (exit). --run 'ARGUMENTS' starts it otherwise, --ready says when it is ready. It printed:\nhanging",
    ]);
    expect(result.rows.map(({ measures }) => measures.alive)).toEqual([undefined, undefined]);
    expect(commandLines().filter((line) => line.includes("271828"))).toEqual([]);
    const output = lab([
      "--only",
      "-w",
      "--timeout",
      "0.5s",
      "--run",
      "hang 271828",
      "--ready",
      "output:never printed",
    ]);
    expect(row(output, "default").measures.alive).toMatchObject({ value: false });
  });

  it("says that a program needs arguments, and gives it those of --run", () => {
    const without = lab(["--measure", "start", "--runs", "3", "--only", "default"]);
    expect(without.warnings[0]).toBe(
      "default ends with 2: --run 'ARGUMENTS' starts it otherwise. It printed:\nusage: lab serve ADDRESS | hang | print WORDS",
    );
    const given = lab([
      "--only",
      "default",
      "--ready",
      'output:\\["a b" "\\$HOME"\\] set',
      "--run",
      'LAB_SETTING=set print "a b" $HOME',
    ]);
    expect(row(given, "default").measures.alive?.value).toBe(true);
  });

  it("has a row with the reason for what is missing, fails, or does not fit into the time", () => {
    const bin = path.join(scratch, "bin");
    spawnSync("mkdir", [bin]);
    const go = spawnSync("go", ["env", "GOROOT"], { encoding: "utf8" }).stdout.trim();
    symlinkSync(path.join(go, "bin/go"), path.join(bin, "go"));
    const env = environment({ PATH: bin, CC: "no-such-compiler" });
    const { rows } = lab(["--only", "upx -1,tinygo,CGO_ENABLED=1"], env);
    expect(rows.map(({ variant, outcome }) => [variant.name, outcome.state === "absent" && outcome.tool])).toEqual([
      ["default", false],
      ["release", false],
      ["CGO_ENABLED=1", "C compiler"],
      ["upx -1", "upx"],
      ["tinygo", "tinygo"],
    ]);
    const other = pare(["-q", "--only", "upx -1", "--target", "darwin/arm64"]);
    expect(other.stdout).toMatch(/^upx -1 .*UPX refuses it: macOS is currently not supported/m);
    expect(other.stdout).toMatch(/nothing was started: programs for darwin\/arm64 do not run on/);
    const short = lab(["--only", "-w", "--time-budget", "0.001s"]);
    expect(short.rows.map(({ outcome }) => outcome)).toEqual([
      { state: "built" },
      { state: "skipped", reason: "the time budget was spent" },
    ]);
    const broken = ["--test", ".", "--", "-tags=breaks"];
    const tested = lab(["--only", "default,-w", ...broken]);
    expect(row(tested, "default").measures.tests).toEqual({ value: false, how: "go test -tags=breaks" });
    expect(row(tested, "default").notes).toContain("tests fail: TestWithoutTheTag");
    // what fails anyway is not its fault
    expect(row(tested, "-w").measures.tests?.value).toBe(true);
    expect(pare(["-q", "--only", "default,-w", ...broken]).stdout).toContain("no other test fails");
  });

  it("leaves a part of the time to what was asked for, however long a packer takes", () => {
    const bin = path.join(scratch, "slow");
    mkdirSync(bin);
    const script = '#!/bin/sh\ncase "$*" in *--version*) echo "upx 4.2.4" ;; *) exec sleep 600 ;; esac\n';
    writeFileSync(path.join(bin, "upx"), script, { mode: 0o755 });
    const env = environment({ PATH: `${bin}:${process.env.PATH}` });
    const words = ["--only", "default,release,upx -1", "--measure", "start", "--run", "print x", "--time-budget", "4s"];
    const result = lab(words, env);
    // on a slow machine already what is packed is not there in time
    const late = /^not made within \d+ s, the part of the time budget for that$|^there is no release to start from$/;
    const { outcome } = row(result, "upx -1");
    expect(outcome.state === "skipped" && outcome.reason).toMatch(late);
    expect(row(result, "default").measures.start?.value.runs).toBeGreaterThanOrEqual(3);
    expect(leftBehind()).toEqual([]);
  });

  it("does not begin with a program that does not build", () => {
    const { stderr, stdout, status } = pare(["-q", ".", "--", "-tags=breaks", "-ldflags=-nosuchflag"]);
    expect([stdout, status]).toEqual(["", 6]);
    expect(stderr).toMatch(/^pare: go build \. failed:\n[^]*nosuchflag/);
  });

  it("says that there is no Go, or one that is too old", () => {
    const bin = path.join(scratch, "other");
    mkdirSync(bin);
    const none = pare(["-q"], environment({ PATH: bin }));
    expect([none.stdout, none.status]).toEqual(["", 3]);
    expect(none.stderr).toMatch(/^pare: the go command is not on PATH: install Go /);
    // what Go 1.17 answers to go env
    const env = { GOVERSION: "go1.17.13", GOOS: "linux", GOARCH: "amd64", GOFLAGS: "", GOMOD: "", CGO_ENABLED: "0" };
    writeFileSync(path.join(bin, "go"), `#!/bin/sh\necho '${JSON.stringify(env)}'\n`, { mode: 0o755 });
    const old = pare(["-q"], environment({ PATH: bin }));
    expect([old.stdout, old.stderr, old.status]).toEqual([
      "",
      "pare: go1.17.13 is too old for the lab: it needs Go 1.18 or newer\n",
      3,
    ]);
  });

  it.runIf(canMount())(
    "says that the disk is full, in the row of what no longer fits, and leaves nothing behind",
    () => {
      const disk = path.join(scratch, "disk");
      mkdirSync(disk);
      // room for two programs of this size, not for three
      mount("-t", "tmpfs", "-o", "size=7m", "tmpfs", disk);
      try {
        const { rows } = lab(["--only", "-s -w,release"], environment({ TMPDIR: disk, NODE_COMPILE_CACHE: scratch }));
        const [first, ...more] = rows;
        expect(first.outcome.state).toBe("built");
        const reasons = more.map(({ outcome }) => (outcome.state === "failed" ? outcome.reason : ""));
        expect(reasons.join()).toMatch(/no space left on device/);
        expect(readdirSync(disk)).toEqual([]);
        mount("-o", "remount,size=1m", disk);
        const { stderr, status } = pare(["-q"], environment({ TMPDIR: disk, NODE_COMPILE_CACHE: scratch }));
        expect(status).toBe(6);
        expect(stderr).toMatch(/^pare: go build \. failed:\n[^]*no space left on device/);
        expect(readdirSync(disk)).toEqual([]);
      } finally {
        spawnSync("umount", [disk]);
      }
    },
  );

  it("ends all that it started when it is interrupted", async () => {
    const child = spawn(process.execPath, [MAIN, "lab", "--run", "hang 314159", "--only", "-w"], {
      cwd: FIXTURE,
      env: environment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await expect
      .poll(() => said.includes("starting default") && commandLines().some((l) => l.includes("314159")), {
        timeout: 60_000,
      })
      .toBe(true);
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    await expect.poll(() => commandLines().filter((line) => line.includes("314159"))).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
});

function mount(...words: string[]): void {
  const { status, stderr } = spawnSync("mount", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** A small disk of its own takes root's rights. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const place = mkdtempSync(path.join(tmpdir(), "pare-test-"));
  try {
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place]).status !== 0) return false;
    spawnSync("umount", [place]);
    return true;
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Command lines of all processes; those of zombies are empty. */
function commandLines(): string[] {
  if (process.platform !== "linux")
    return spawnSync("ps", ["-axo", "command"], { encoding: "utf8" }).stdout.split("\n");
  return readdirSync("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "latin1")] : [];
    } catch {
      return [];
    }
  });
}
