// How small a program gets without touching its source: what pare finds must be at least as small as what a knowing hand makes of its
// findings, `go build -trimpath -ldflags="-s -w"` with every tag that saves and breaks no test, and pass the tests that pass without tags.
//   node bench/lab/best.ts [example|ko|caddy …]
//   node bench/lab/best.ts ko=tags.json     what `pare lab --tags --test --json` said before, instead of asking again
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TagsDocument } from "../../src/lab/tagsschema.ts";
import { formatExact } from "../../src/report/units.ts";
import { example, history, type Program } from "../explain/subjects.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");

/** The module itself, not one that requires it: its own tests are to pass. */
function cloned(name: string, module: string, version: string, pkg: string): Program {
  return { name, pkg, cwd: history(`${name}-tags`, module, [version]) };
}

const SUBJECTS: Readonly<Record<string, () => Program>> = {
  example: () => example,
  ko: () => cloned("ko", "github.com/google/ko", "v0.18.0", "."),
  caddy: () => cloned("caddy", "github.com/caddyserver/caddy/v2", "v2.11.9", "./cmd/caddy"),
};

interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Ran {
  const options = { cwd, encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(command, words, options);
  return { ok: status === 0, stdout, stderr };
}

function tagsOf({ cwd, pkg }: Program, known: string | undefined): TagsDocument {
  if (known !== undefined) return JSON.parse(readFileSync(known, "utf8")) as TagsDocument;
  const { ok, stdout, stderr } = run(process.execPath, [MAIN, "lab", "--tags", "--test", "--json", "-q", pkg], cwd);
  if (!ok) throw new Error(stderr);
  return JSON.parse(stdout) as TagsDocument;
}

/** Packages of the program's own module whose tests pass, of all that have some. */
function passing({ cwd, pkg }: Program, tags: readonly string[]): { passed: Set<string>; all: number } {
  const flags = tags.length > 0 ? [`-tags=${tags.join(",")}`] : [];
  const format = "{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}";
  const listed = run("go", ["list", ...flags, "-deps", "-f", format, pkg], cwd)
    .stdout.trim()
    .split("\n")
    .map((line) => line.split("\t"));
  const own = listed.at(-1)![1];
  const packages = listed.filter(([, module]) => module === own).map(([name]) => name);
  const { stdout } = run("go", ["test", "-json", ...flags, ...packages], cwd);
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { Action: string; Package?: string; Test?: string });
  // a package without tests is skipped
  const ended = events.filter(({ Action, Test }) => Test === undefined && (Action === "pass" || Action === "fail"));
  const passed = ended.filter(({ Action }) => Action === "pass").map(({ Package }) => Package!);
  return { passed: new Set(passed), all: new Set(ended.map(({ Package }) => Package)).size };
}

let isWrong = false;
const asked = process.argv.slice(2);
for (const word of asked.length > 0 ? asked : Object.keys(SUBJECTS)) {
  const [name, known] = word.split("=");
  const program = SUBJECTS[name]();
  const { base, rows, best } = tagsOf(program, known);
  const effective = rows
    .filter(({ verdict, change }) => verdict.is === "saves" && change === "set")
    .map(({ tag }) => tag);
  const work = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
  try {
    const file = path.join(work, "by-hand");
    const flags = ["-trimpath", "-ldflags=-s -w", `-tags=${effective.join(",")}`];
    const built = run("go", ["build", ...flags, "-o", file, program.pkg], program.cwd);
    const byHand = built.ok ? statSync(file).size : undefined;
    const size = best?.size ?? base;
    const tags = best?.tags.set ?? [];
    const before = passing(program, []);
    const after = passing(program, tags);
    const broken = [...before.passed].filter((each) => !after.passed.has(each));
    const isSmall = byHand === undefined || size <= byHand;
    if (!isSmall || broken.length > 0) isWrong = true;
    console.log(
      `\n${name}: release ${formatExact(base)}, best ${formatExact(size)} with ${tags.join(",") || "no tag"}`,
    );
    console.log(
      `  by hand with ${effective.join(",") || "no tag"}: ${byHand === undefined ? `does not build (${built.stderr.trim().split("\n").at(-1)})` : formatExact(byHand)}; ${isSmall ? "not smaller" : "SMALLER"}`,
    );
    console.log(
      `  tests of its own packages: ${before.passed.size} of ${before.all} pass without tags; ${broken.length === 0 ? "the same with them" : `BROKEN: ${broken.join(", ")}`}`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
process.exitCode = isWrong ? 1 : 0;
