// Build files of strangers: hostile ones give a warning within bounds, links lead nowhere.
import {
  chmodSync,
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
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Kind, readBuildFile } from "../../src/buildfiles/buildfile.ts";
import { audit } from "../../src/advice/audit/audit.ts";
import { readBuildFiles, writeBuildFile } from "../../src/toolchain/buildfiles.ts";
import { importsOf } from "../../src/toolchain/modulefacts.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  const file = path.join(directory, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const guard = (): (() => void) => () => {};

describe("readBuildFiles", () => {
  it("finds build files, and none of other people's", () => {
    for (const name of [
      "Dockerfile",
      "deploy/web.Dockerfile",
      ".github/workflows/ci.yml",
      "Makefile",
      "node_modules/x/Dockerfile",
      "vendor/x/Makefile",
      ".git/Makefile",
      "Dockerfile.dockerignore",
      "README.md",
    ])
      put(name, "");
    expect(readBuildFiles(directory).files.map((file) => file.path)).toEqual([
      ".github/workflows/ci.yml",
      "Dockerfile",
      "Makefile",
      "deploy/web.Dockerfile",
    ]);
  });

  it("says what it cannot read, and reads the rest", () => {
    put("Dockerfile", "FROM x\n");
    put("a.Dockerfile", `RUN ${"x".repeat(10 << 20)}`);
    put("b.Dockerfile", "FROM x\0\n");
    put("c.Dockerfile", Uint8Array.of(0x46, 0xff, 0xfe));
    put(".goreleaser.yaml", `a: ${"[".repeat(100_000)}`);
    put("Taskfile.yml", `${"- ".repeat(5000)}x`);
    put("compose.yaml", "a: 1\nb: [\nc: 2\n");
    put("docker-bake.hcl", "target {");
    const { files, warnings } = readBuildFiles(directory);
    expect(files.map((file) => file.path)).toEqual(["Dockerfile"]);
    expect(warnings.map((warning) => warning.replace(/(compose.yaml:\d+: ).*/, "$1…"))).toEqual([
      ".goreleaser.yaml:1: nested deeper than 100 levels",
      "Taskfile.yml:1: nested deeper than 100 levels",
      "a.Dockerfile: is larger than 1 MiB: not read",
      "b.Dockerfile: holds NUL bytes: not a text file",
      "c.Dockerfile: is not UTF-8",
      "compose.yaml:3: …",
      'docker-bake.hcl:1: "}" is missing',
    ]);
  });

  it("is not moved by aliases that multiply", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 60; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
    lines.push(
      "jobs: { j: { steps: *a59, strategy: { matrix: { goos: *a59 } } } }",
      "on: *a59",
      "test: { script: *a59, cache: *a59, extends: *a59, parallel: { matrix: *a59 } }",
    );
    lines.push("tasks: { t: { cmds: *a59 } }", "services: { s: { build: { platforms: *a59 } } }", "builds: *a59", "");
    for (const name of [
      ".github/workflows/x.yml",
      ".gitlab-ci.yml",
      "Taskfile.yml",
      "compose.yaml",
      ".goreleaser.yaml",
    ])
      put(name, lines.join("\n"));
    const { files, exists, warnings } = readBuildFiles(directory);
    expect([files.length, warnings]).toEqual([5, []]);
    expect(
      audit(
        { files, exists, imports: undefined, tidyDiff: undefined, program: undefined },
        loadKnowledge("buildfiles"),
      ),
    ).toEqual(expect.any(Array));
  });

  it("follows no link, and ends where links go round", () => {
    const outside = mkdtempSync(path.join(tmpdir(), "pare-outside-"));
    try {
      writeFileSync(path.join(outside, "Makefile"), "");
      symlinkSync(outside, path.join(directory, "out"));
      symlinkSync(path.join(outside, "Makefile"), path.join(directory, "Makefile"));
      symlinkSync(".", path.join(directory, "round"));
      expect(readBuildFiles(directory).files).toEqual([]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it("refuses what is no directory", () => {
    const file = put("x", "");
    for (const name of [file, path.join(directory, "none")])
      expect(() => readBuildFiles(name)).toThrow(expect.objectContaining({ name: "ToolFailure", code: "unreadable" }));
  });
});

describe("every reader", () => {
  const KINDS: readonly Kind[] = [
    "dockerfile",
    "bake",
    "compose",
    "github",
    "gitlab",
    "goreleaser",
    "ko",
    "gomod",
    "make",
    "task",
    "shell",
  ];
  const rules = loadKnowledge("buildfiles");
  const token = fc.constantFrom(
    "go build ",
    "-ldflags=",
    '"',
    "'",
    "`",
    "$(",
    "${",
    ")",
    "}",
    "{{",
    "[",
    "]",
    "<<EOF\n",
    "EOF\n",
    "\\\n",
    "\n",
    "\t",
    "  ",
    "- ",
    ": ",
    "FROM ",
    "RUN ",
    "COPY . .\n",
    "for x in a; do ",
    "done",
    "GOOS=$x ",
    "jobs:",
    "steps:",
    "run: |\n",
    "&a ",
    "*a",
    "target ",
    "= ",
    "# ",
    "//",
    "require (",
    "=> ",
    "\r\n",
    "\ufeff",
    "\ud800",
    "é",
  );

  it.each(KINDS)("%s: any text is read or refused, and places lie within it", (kind) => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
        const text = tokens.join("");
        let file;
        try {
          file = readBuildFile(kind, "x.hcl", text);
        } catch (error) {
          expect((error as Error).name).toBe("Unreadable");
          return;
        }
        for (const { commands } of file.scripts)
          for (const { words, start, end } of commands) {
            expect(0 <= start && start <= end && end <= text.length).toBe(true);
            for (const word of words)
              expect(0 <= word.start && word.start <= word.end && word.end <= text.length).toBe(true);
          }
        audit(
          { files: [file], exists: () => false, imports: undefined, tidyDiff: undefined, program: undefined },
          rules,
        );
      }),
      { numRuns: 100 },
    );
  });

  it.each(KINDS)(
    "%s: a long line of anything is read or refused",
    (kind) => {
      for (const piece of ["a ", '"', "$(", "${x} ", "[", "\\\n", "<<E\n", "{{.X}} ", "$$", "1>", ": ", "x=1 "]) {
        try {
          readBuildFile(kind, "x.hcl", `t:\n\t${piece.repeat(Math.floor(30_000 / piece.length))}`);
        } catch (error) {
          expect((error as Error).name).toBe("Unreadable");
        }
      }
    },
    30_000,
  );
});

describe("writeBuildFile", () => {
  it("replaces the file, and keeps its rights", () => {
    const file = put("build.sh", "a\n");
    chmodSync(file, 0o755);
    writeBuildFile(directory, { path: "build.sh", before: "a\n", after: "b\n" }, guard);
    expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777, readdirSync(directory)]).toEqual([
      "b\n",
      0o755,
      ["build.sh"],
    ]);
  });

  it("refuses links, and files that changed meanwhile", () => {
    put("real", "a\n");
    symlinkSync("real", path.join(directory, "Makefile"));
    const change = { path: "Makefile", before: "a\n", after: "b\n" };
    expect(() => writeBuildFile(directory, change, guard)).toThrow("is a link");
    mkdirSync(path.join(directory, "in"));
    symlinkSync(tmpdir(), path.join(directory, "in/out"));
    const name = path.basename(put("../pare-test-Makefile", "a\n"));
    expect(() => writeBuildFile(directory, { ...change, path: `in/out/${name}` }, guard)).toThrow("outside");
    rmSync(path.join(tmpdir(), name));
    put("other", "c\n");
    expect(() => writeBuildFile(directory, { ...change, path: "other" }, guard)).toThrow("changed since");
    expect(readFileSync(path.join(directory, "real"), "utf8")).toBe("a\n");
  });
});

describe("importsOf", () => {
  it("looks into all files of the module, tests and other systems' too", () => {
    put(
      "a.go",
      'package a\n\nimport "a.com/one"\nimport x "a.com/two"\nimport (\n\t"fmt" // c (d)\n\t_ `a.com/three`\n)\n',
    );
    put("b_windows_test.go", 'package a\nimport "a.com/four"\n');
    put("sub/go.mod", "module s\n");
    put("sub/c.go", 'package c\nimport "a.com/no"\n');
    put("vendor/v.go", 'package v\nimport "a.com/no"\n');
    expect([...importsOf(directory)!].sort()).toEqual(["a.com/four", "a.com/one", "a.com/three", "a.com/two", "fmt"]);
  });
});
