// pare why and pare deps as a user meets them: right questions, wrong questions, and nothing left behind.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { depsSchema, whyFileSchema, whySchema } from "../../src/explain/schema.ts";
import { goBuild } from "../fixture.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");
const SERVER = path.join(import.meta.dirname, "../fixtures/server");
const HELLO = path.join(import.meta.dirname, "../fixtures/hello");
const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
afterAll(() => rmSync(work, { recursive: true }));

function pare(cwd: string, ...words: string[]): { stdout: string; stderr: string; status: number | null } {
  const env = { ...process.env, NO_COLOR: "1", COLUMNS: "120", GOFLAGS: "", GOWORK: "off", TMPDIR: work };
  return spawnSync(process.execPath, [MAIN, ...words], { cwd, env, encoding: "utf8" });
}

function module(name: string, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(work, name));
  writeFileSync(path.join(directory, "go.mod"), "module example.com/subject\n\ngo 1.22\n");
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(directory, file), text);
  return directory;
}

describe("pare why", () => {
  it("answers in text and in a document", () => {
    const text = pare(SERVER, "why", "-q", "encoding/json");
    expect([text.stderr, text.status]).toEqual(["", 0]);
    expect(text.stdout).toMatch(/^encoding\/json package\n[\d.]+ kB attributed.*\n[\d.]+ kB retained/);
    expect(text.stdout).toMatch(/SHORTEST CHAIN\n {2}main/);
    expect(text.stdout).toMatch(/\d+ ENTRANCES? from \d+ packages?/);
    const document = pare(SERVER, "why", "-q", "--json", "encoding/json", ".", "--", "-ldflags=-s -w");
    const { target, retained } = whySchema.parse(JSON.parse(document.stdout));
    expect(target).toMatchObject({ kind: "package", name: "encoding/json", module: "std" });
    expect(retained).toBeGreaterThan(10_000);
  });

  it("--import-graph says who imports it", () => {
    const { stdout, status } = pare(SERVER, "why", "-q", "--import-graph", "net/http");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^net\/http: [\d.]+ .B of it are linked/);
    expect(stdout).toMatch(/main .*\n.*→ net\/http\n/);
  });

  it("suggests what was meant, and lists what it may be", () => {
    const unknown = pare(SERVER, "why", "-q", "net/htp");
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringMatching(/Did you mean net\/http\?/)]);
    const several = pare(SERVER, "why", "-q", "String");
    expect(several.status).toBe(2);
    expect(several.stderr).toMatch(/may be one of these; name it in full:\n {2}\S+/);
  });

  it("tells from a file alone whose bytes, and what is missing", () => {
    const file = goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w", flags: ["-trimpath"] });
    const { stdout, stderr, status } = pare(work, "why", "--json", "fmt", file);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/only the linker knows/)]);
    const found = whyFileSchema.parse(JSON.parse(stdout));
    expect(found.attributed).toBeGreaterThan(found.symbols[0].bytes);
    expect(found.functions).toBeGreaterThan(10);
  });

  it("shows one chain without the link probe, and says what is missing", () => {
    const { stdout, status } = pare(SERVER, "why", "-q", "net/http", ".", "--", "-toolexec=/usr/bin/env");
    expect(status).toBe(0);
    expect(stdout).toMatch(/bytes are not priced.*-toolexec of its own/);
    const chain = stdout.split("\n").filter((line) => /^ {2}(?:→ )?\S/.test(line));
    expect(chain.at(-1)).toMatch(/→ net\/http\./);
  });
});

describe("pare deps", () => {
  it("records what is linked, and says when the record is stale", () => {
    const list = path.join(work, "deps.txt");
    const first = pare(HELLO, "deps", "-q", "--std", "--json", "--record", list);
    depsSchema.parse(JSON.parse(first.stdout));
    expect(first.status).toBe(0);
    const text = readFileSync(list, "utf8");
    expect(text).toMatch(/^# .*\nstd .*\n {4}/);
    expect(pare(HELLO, "deps", "-q", "--std", "--check", list)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    writeFileSync(list, text.replace("    fmt\n", "    fmt/gone\n"));
    const stale = pare(HELLO, "deps", "-q", "--std", "--check", list);
    expect(stale.status).toBe(1);
    expect(stale.stderr).toMatch(/stale.*\n {2}- fmt\/gone\n {2}\+ fmt\n$/);
    expect(pare(HELLO, "deps", "--check", path.join(work, "none"))).toMatchObject({ status: 4 });
  });

  it("draws a tree and a graph", () => {
    const tree = pare(HELLO, "deps", "-q", "--std", "--tree");
    expect(tree.stdout).toMatch(/\nmain\n[├└]─ .*fmt {2}[\d.]+ .B\n/);
    const dot = pare(HELLO, "deps", "-q", "--std", "--dot");
    expect(dot.stdout).toMatch(/^digraph deps \{\n[^]*" -> "std";\n\}\n$/);
  });
});

describe("what cannot be built", () => {
  it("a package that does not compile: Go's error, once", () => {
    const main = "package main\n\nfunc main() { missing(); take(1) }\n\nfunc take(a, b int) {}\n";
    const broken = module("broken", { "main.go": main });
    for (const command of [["why", "fmt"], ["deps"]]) {
      const { stderr, status } = pare(broken, ...command, "-q");
      expect(status).toBe(6);
      expect(stderr.match(/undefined: missing/g)).toHaveLength(1);
      // Go indents with tabs
      expect(stderr).toMatch(/\n\thave \(number\)\n\twant \(int, int\)\n/);
    }
  });

  it("a library", () => {
    const library = module("library", { "lib.go": "package lib\n" });
    const { stderr, status } = pare(library, "deps", "-q");
    expect([status, stderr]).toEqual([2, expect.stringMatching(/is not a program: its package is lib, not main/)]);
  });

  it("a file is no package", () => {
    const file = goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w", flags: ["-trimpath"] });
    const { stderr, status } = pare(work, "deps", file);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/name the package to build instead.*pare profile/)]);
  });

  it("leaves nothing behind", () => {
    expect(existsSync(work)).toBe(true);
    const left = spawnSync("ls", ["-A", work], { encoding: "utf8" })
      .stdout.split("\n")
      .filter((name) => /^pare-(?!test)|^go-build/.test(name));
    expect(left).toEqual([]);
  });
});
