// A little module in a repository of its own, and pare release run on it as a user would, with caches of its own.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sha256Of } from "../../src/release/output.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");

export const TARGETS = ["linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64", "js/wasm"];

const FILES: Readonly<Record<string, string>> = {
  "go.mod": "module example.com/app\n\ngo 1.21\n",
  "main.go": 'package main\n\nvar version = "?"\n\nfunc main() { println(name(), version) }\n',
  "name_windows.go": 'package main\n\nfunc name() string { return "windows" }\n',
  "name_other.go": '//go:build !windows\n\npackage main\n\nfunc name() string { return "other" }\n',
  "README.md": "# App\n",
  LICENSE: "MIT\n",
  ".gitignore": "dist/\n",
};

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Project {
  readonly base: string;
  readonly root: string;
  readonly dist: string;
  readonly #env: NodeJS.ProcessEnv;

  /** `name`: of its directory, for two of the same content in different places. */
  constructor(files: Readonly<Record<string, string>> = {}, name = "app") {
    this.base = mkdtempSync(path.join(tmpdir(), "pare-release-"));
    this.root = path.join(this.base, name);
    this.dist = path.join(this.root, "dist");
    mkdirSync(this.root, { recursive: true });
    this.write({ ...FILES, "pare.yaml": `release: { targets: [${TARGETS.join(", ")}] }\n`, ...files });
    this.#env = {
      ...process.env,
      XDG_CACHE_HOME: path.join(this.base, "cache"),
      XDG_STATE_HOME: path.join(this.base, "state"),
      XDG_DATA_HOME: path.join(this.base, "data"),
      GOCACHE: execFileSync("go", ["env", "GOCACHE"], { encoding: "utf8" }).trim(),
      GOFLAGS: "",
      GOENV: "off",
      GOWORK: "off",
      NO_COLOR: "1",
      COLUMNS: "200",
    };
    delete this.#env.SOURCE_DATE_EPOCH;
    this.git("init", "-q");
    this.commit("v1.0.0");
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  git(...words: string[]): void {
    const date = "2024-05-06T07:08:09Z";
    const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, GIT_CONFIG_GLOBAL: "/dev/null" };
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...words], {
      cwd: this.root,
      env,
      stdio: "pipe",
    });
  }

  commit(tag?: string): void {
    this.git("add", "-A");
    this.git("commit", "-q", "-m", "change");
    if (tag !== undefined) this.git("tag", tag);
  }

  run(words: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = this.root): Ran {
    const all = { ...this.#env, ...env };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "release", ...words], {
      cwd,
      env: all,
      encoding: "utf8",
    });
    return { code: status ?? -1, stdout, stderr };
  }

  /** Runs a release through a command that is given its words. */
  runIn(
    [command, ...front]: readonly [string, ...string[]],
    words: readonly string[],
  ): { status: number | null; stdout: string; stderr: string } {
    const all = [...front, process.execPath, MAIN, "release", ...words];
    return spawnSync(command, all, { cwd: this.root, env: this.#env, encoding: "utf8" });
  }

  /** Starts a release and ends it, whatever it does, after so many milliseconds. */
  async kill(words: readonly string[], milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, [MAIN, "release", ...words], {
      cwd: this.root,
      env: this.#env,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    child.kill("SIGKILL");
    await ended;
  }

  /** What became of each target: "linux/amd64" → "built". */
  states(words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Record<string, string> {
    const { stdout, stderr, code } = this.run(["--json", ...words], env);
    if (code !== 0) throw new Error(stderr);
    const { items } = JSON.parse(stdout) as { items: { id: string; state: string }[] };
    return Object.fromEntries(items.map(({ id, state }) => [id.split(" ")[1], state]));
  }

  /** Hashes of all files of a release, by path. */
  hashes(directory = this.dist): Record<string, string> {
    const names = (readdirSync(directory, { recursive: true }) as string[]).sort();
    const files = names.filter((name) => statSync(path.join(directory, name)).isFile());
    return Object.fromEntries(files.map((name) => [name, sha256Of(readFileSync(path.join(directory, name)))]));
  }

  /** Puts a program in front of go on PATH that writes down what it is asked; answers the environment, and what it was asked. */
  watchGo(): { env: NodeJS.ProcessEnv; asked: () => string[] } {
    const bin = path.join(this.base, "bin");
    const log = path.join(this.base, "go.log");
    const real = execFileSync("sh", ["-c", "command -v go"], { encoding: "utf8" }).trim();
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, "go"), `#!/bin/sh\necho "$1" >>'${log}'\nexec '${real}' "$@"\n`);
    chmodSync(path.join(bin, "go"), 0o755);
    writeFileSync(log, "");
    const asked = (): string[] => {
      const words = readFileSync(log, "utf8").split("\n").filter(Boolean);
      writeFileSync(log, "");
      return words;
    };
    return { env: { PATH: `${bin}${path.delimiter}${process.env.PATH}` }, asked };
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5 });
  }
}
