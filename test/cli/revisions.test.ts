// pare diff of git revisions, on a real repository: what is compared, what is said, and that nothing is left behind.
import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Diff } from "../../src/ledger/diff.ts";
import { diffSchema } from "../../src/ledger/schema.ts";
import { GIT_ENV, TestRepository } from "../repository.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");
const SVC = "svc/cmd/app/main.go";

const plain = (body: string, imports = ""): string =>
  `package main\n\nimport (\n\t"os"\n${imports}\n)\n\nfunc main() {\n\tos.Stdout.WriteString("hello\\n")\n${body}\n}\n`;

let repository: TestRepository;
/** Where pare puts what is temporary. */
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(path.join(tmpdir(), "pare-test-"));
  repository = new TestRepository()
    .write({
      "svc/go.mod": "module example.com/svc\n\ngo 1.21\n",
      [SVC]: plain(""),
      "README.md": "a program\n",
    })
    .commit("one")
    .write({
      "lib/go.mod": "module example.com/lib\n\ngo 1.21\n",
      "lib/lib.go": `package lib\n\nvar table = [5000]int64{1, 2, 3, 4999: 5}\n\n//go:noinline\nfunc Look(i int) int64 { return table[i] }\n`,
      "svc/go.mod":
        "module example.com/svc\n\ngo 1.21\n\nrequire example.com/lib v1.2.0\n\nreplace example.com/lib => ../lib\n",
      [SVC]:
        plain(
          "\tdebugRoutes()\n\tprintln(lib.Look(len(os.Args)))",
          '\t"net/http"\n\t"net/http/pprof"\n\t"example.com/lib"',
        ) + '\n//go:noinline\nfunc debugRoutes() {\n\thttp.HandleFunc("/debug/", pprof.Index)\n}\n',
    })
    .commit("two")
    .write({ "svc/cmd/broken/main.go": "package main\n\nfunc main() { undefined() }\n" })
    .commit("broken")
    .write({ "svc/cmd/broken/main.go": "package main\n\nfunc main() {}\n" })
    .commit("mended");
});
afterAll(() => {
  rmSync(repository.root, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  ...GIT_ENV,
  GOFLAGS: "",
  GOENV: "off",
  GOWORK: "",
  CGO_ENABLED: "0",
  TMPDIR: temporary,
  NODE_DISABLE_COMPILE_CACHE: "1",
  ...more,
});

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

function pare(words: readonly string[], more: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Answer {
  const cwd = path.join(repository.root, more.cwd ?? "svc");
  return spawnSync(process.execPath, [MAIN, "diff", ...words], {
    cwd,
    env: environment(more.env),
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

function document(words: readonly string[], more: Parameters<typeof pare>[1] = {}): Diff {
  const { stdout, stderr, status } = pare(["--json", "--quiet", ...words], more);
  expect([stderr, status]).toEqual(["", 0]);
  return diffSchema.parse(JSON.parse(stdout));
}

/** Everything that a visit could change: working trees, git's own files, the index, the working tree, temporary files. */
function traces(): unknown {
  return {
    worktrees: repository.git("worktree", "list", "--porcelain"),
    entries: readdirSync(path.join(repository.root, ".git")).sort(),
    index: statSync(path.join(repository.root, ".git/index")).mtimeMs,
    branches: repository.git("for-each-ref"),
    temporary: readdirSync(temporary),
  };
}

let before: unknown;
beforeAll(() => {
  before = traces();
});
afterEach(() => expect(traces()).toEqual(before));

describe("two revisions", () => {
  let found: Diff;
  beforeAll(() => {
    found = document(["one..two", "./cmd/app"]);
  });

  it("are built with the same flags, and sum", () => {
    expect(found.build).toEqual({ package: "example.com/svc/cmd/app", flags: ["-trimpath", "-buildvcs=false"] });
    expect(found.oldFile.commit).toBe(repository.git("rev-parse", "one").trim());
    expect(found.newFile.name).toBe(`two (${repository.git("rev-parse", "two").slice(0, 10)})`);
    expect(found.warnings).toEqual([]);
    const sum = (list: readonly { readonly delta: number }[]): number => list.reduce((n, row) => n + row.delta, 0);
    expect(sum(found.modules) + sum(found.overhead)).toBe(found.delta);
    for (const m of found.modules) {
      expect(sum(m.packages)).toBe(m.delta);
      for (const p of m.packages) expect(sum(p.symbols!)).toBe(p.delta);
    }
  });

  it("name the dependency that is new, and what brought it", () => {
    expect(found.modules.find((m) => m.path === "example.com/lib")).toMatchObject({ change: "added", old: 0 });
    const because = new Map(found.because!.map((b) => [b.package, b]));
    expect(because.get("example.com/lib")).toMatchObject({
      from: { symbol: "main.main", package: "main" },
      to: { symbol: "example.com/lib.Look", package: "example.com/lib" },
      change: "new",
    });
    expect(because.get("net/http/pprof")!.from).toEqual({ symbol: "main.debugRoutes", package: "main" });
    const grown = found.modules.flatMap((m) => m.packages).filter((p) => p.delta > 10_000);
    expect(grown.length).toBeGreaterThan(20);
    expect(grown.map((p) => p.path).filter((name) => !because.has(name))).toEqual([]);
    // whatever came in came in through main
    expect(new Set([...because.values()].map((b) => b.entrance!.from.package))).toEqual(new Set(["main"]));
  });

  it("may be named apart, and a range may begin where histories part", () => {
    expect(document(["one", "two", "./cmd/app"])).toEqual(found);
    const fork = document(["two...one", "./cmd/app"]);
    expect(fork).toMatchObject({ delta: 0, modules: [] });
    expect(fork.oldFile.name).toMatch(/^where one left two/);
  });

  it("are the same from another directory, for a path from the root and for an import path", () => {
    expect(document(["one..two", "example.com/svc/cmd/app"])).toEqual(found);
    expect(document(["one..two", path.join(repository.root, "svc/cmd/app")])).toEqual(found);
    expect(document(["one..two", "../app"], { cwd: "svc/cmd/broken" })).toEqual(found);
    expect(document(["one..two"], { cwd: "svc/cmd/app" })).toEqual(found);
  });

  it("are built with the user's flags", () => {
    const stripped = document(["one..two", "./cmd/app", "--", "-ldflags=-s -w"]);
    expect(stripped.build!.flags).toEqual(["-trimpath", "-buildvcs=false", "-ldflags=-s -w"]);
    expect(stripped.kinds.dwarf).toEqual({ old: 0, new: 0, delta: 0 });
  });

  it("are told in at most forty lines, in Markdown and on a page", () => {
    const page = path.join(temporary, "page.html");
    const { stdout } = pare(["--quiet", "--html", page, "one..two", "./cmd/app"]);
    expect(stdout.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    expect(stdout).toMatch(/main\.debugRoutes → net\/http/);
    const html = readFileSync(page, "utf8");
    rmSync(page);
    expect(html).toContain("main.debugRoutes → net/http/pprof.Index");
    const markdown = pare(["--quiet", "--markdown", "one..two", "./cmd/app"]).stdout;
    expect(markdown).toMatch(/^### `example.com\/svc\/cmd\/app`: .*\+/);
    expect(markdown).toContain("`main.debugRoutes → net/http/pprof.Index`");
  });
});

describe("what a revision is", () => {
  it("does not depend on what git or a hook has set, and runs no hook", () => {
    const hooks = path.join(repository.root, ".git/hooks");
    mkdirSync(hooks, { recursive: true });
    const hook = path.join(hooks, "post-checkout");
    writeFileSync(hook, `#!/bin/sh\ntouch ${temporary}/hook-ran\n`, { mode: 0o755 });
    const env = { GIT_DIR: path.join(repository.root, ".git"), GIT_INDEX_FILE: ".git/index", GIT_PREFIX: "svc/" };
    try {
      expect(document(["one..one", "./cmd/app"], { env: { ...env, GIT_WORK_TREE: repository.root } }).delta).toBe(0);
    } finally {
      rmSync(hook);
    }
  });

  it("is no file of the same name", () => {
    const file = path.join(repository.root, "svc/one");
    writeFileSync(file, "{");
    try {
      const { stderr, status } = pare(["one", "two"]);
      expect([status, stderr]).toEqual([4, "pare: one: neither an executable nor valid JSON\n"]);
      expect(document(["refs/tags/one..one", "./cmd/app"]).delta).toBe(0);
    } finally {
      rmSync(file);
    }
  });

  it("is compared with the working tree as it is, and with a snapshot", () => {
    repository.write({ [SVC]: plain('\tprintln("not committed")') });
    try {
      const d = document(["one", "./cmd/app"]);
      expect(d.newFile).toMatchObject({ name: "working tree" });
      expect(d.newFile.commit).toBeUndefined();
      expect(d.modules.find((m) => m.role === "main")!.delta).toBeGreaterThan(0);
      const head = document(["mended..HEAD", "./cmd/app"]);
      expect(head.warnings).toEqual([expect.stringMatching(/^uncommitted changes are not in HEAD/)]);
      expect(document(["one..two", "./cmd/app"]).warnings).toEqual([]);
    } finally {
      repository.git("checkout", "--quiet", "--", SVC);
      before = traces();
    }
    const snapshot = path.join(temporary, "old.json");
    const built = spawnSync(
      process.execPath,
      [MAIN, "profile", "--json", "--symbols", "-q", "-o", snapshot, "./cmd/app", "--", "-trimpath", "-buildvcs=false"],
      {
        cwd: path.join(repository.root, "svc"),
        env: environment(),
      },
    );
    expect(built.status).toBe(0);
    expect(document([snapshot, "two", "./cmd/app"]).modules).toEqual([]);
    rmSync(snapshot);
  });

  it("has a go.work of its own, and never this tree's", () => {
    const work = path.join(repository.root, "go.work");
    writeFileSync(work, "go 1.21\n\nuse ./svc\n");
    try {
      const { warnings } = document(["one..one", "./cmd/app"], { env: { GOWORK: work } });
      expect(warnings).toEqual(Array(2).fill(expect.stringMatching(/^one .*go\.work is not part of it/)));
      repository.commit("workspace");
      expect(document(["workspace..workspace", "./cmd/app"], { env: { GOWORK: work } }).warnings).toEqual([]);
    } finally {
      repository.git("reset", "--quiet", "--hard", "mended");
      repository.git("tag", "--delete", "workspace");
      before = traces();
    }
  });
});

describe("refused with a message and an exit code", () => {
  it.each([
    [["nope..two"], 4, /^pare: there is no file or revision nope\n/],
    [["one", "nope"], 4, /^pare: there is no revision or package nope\n/],
    [["one..--output=stolen"], 4, /there is no file or revision --output=stolen/],
    [["one..two", "./cmd/none"], 4, /one \([0-9a-f]{10}\): there is no Go package \.\/cmd\/none/],
    [["one..mended", "./cmd/broken"], 4, /one \([0-9a-f]{10}\): there is no Go package/],
    [["mended..broken", "./cmd/broken"], 6, /broken \([0-9a-f]{10}\): go build .* failed:[^]*undefined: undefined/],
    [["one..two", "./cmd/app", "--", "-o", "x"], 2, /-o cannot be among/],
    [["one..two", "a", "b"], 2, /what is b for\?/],
    [["one.."], 4, /no Go files/],
    [["./nothing"], 2, /what is \.\/nothing to be compared with/],
  ] as const)("%j", (words, status, message) => {
    const answer = pare(["--quiet", ...words]);
    expect(answer.stderr).toMatch(message);
    expect(answer).toMatchObject({ status, stdout: "" });
    expect(answer.stderr).not.toContain(temporary);
    expect(answer.stderr.match(/undefined: undefined/g)?.length ?? 1).toBe(1);
  });

  it("outside of a repository, and without git or Go", () => {
    const bin = mkdtempSync(path.join(tmpdir(), "pare-bin-"));
    try {
      const outside = spawnSync(process.execPath, [MAIN, "diff", "a", "b"], {
        cwd: bin,
        env: environment({ GIT_CEILING_DIRECTORIES: path.dirname(bin) }),
        encoding: "utf8",
      });
      expect(outside.status).toBe(4);
      expect(outside.stderr).toMatch(/a: no such file.*not a git repository/);
      const env = { PATH: bin };
      const noGit = pare(["-q", "one..two"], { env });
      expect(noGit.status).toBe(3);
      expect(noGit.stderr).toContain("git is not on PATH");
      const git = spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
      symlinkSync(git, path.join(bin, "git"));
      const noGo = pare(["-q", "one..two", "./cmd/app"], { env });
      expect(noGo.status).toBe(3);
      expect(noGo.stderr).toContain("the go command is not on PATH");
    } finally {
      rmSync(bin, { recursive: true });
    }
  });
});

describe("interrupted, it leaves nothing behind", () => {
  /** Runs until a line of progress matches, then sends the signal. */
  function interrupt(signal: NodeJS.Signals, when: RegExp, words: readonly string[]): Promise<number | null> {
    const child = spawn(process.execPath, [MAIN, "diff", ...words], {
      cwd: path.join(repository.root, "svc"),
      env: environment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      const known = when.test(said);
      said += chunk.toString();
      if (!known && when.test(said)) setTimeout(() => child.kill(signal), 150);
    });
    return new Promise((done) => child.on("close", done));
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s while it builds", async (signal, code) => {
    expect(await interrupt(signal, /building .* at one/, ["one..two", "./cmd/app", "--", "-a"])).toBe(code);
  });

  it("by SIGINT while it checks out", async () => {
    // a filter that takes its time: git is stopped in the middle, and has locked the new working tree
    writeFileSync(path.join(repository.root, ".git/info/attributes"), "README.md filter=slow\n");
    repository.git("config", "filter.slow.smudge", "sleep 60");
    try {
      expect(await interrupt("SIGINT", /checking out/, ["one..two", "./cmd/app"])).toBe(130);
    } finally {
      rmSync(path.join(repository.root, ".git/info/attributes"));
      repository.git("config", "--unset", "filter.slow.smudge");
    }
  });
});
