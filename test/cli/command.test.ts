// The command line as a whole, on a real executable: what golden cases cannot say.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overviewSchema } from "../../src/lab/overviewschema.ts";
import { diffSchema, snapshotSchema, viewSchema } from "../../src/ledger/schema.ts";
import { goBuild } from "../fixture.ts";

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../src/cli/main.ts");

let hello: string;
let full: string;
let dir: string;

beforeAll(() => {
  hello = goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w" });
  full = goBuild({ fixture: "hello", goos: "linux", goarch: "amd64" });
  dir = mkdtempSync(path.join(tmpdir(), "pare-test-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

function pare(words: readonly string[], more: { env?: NodeJS.ProcessEnv; input?: Uint8Array } = {}): Answer {
  const env = { ...process.env, NO_COLOR: "1", ...more.env };
  const input = more.input === undefined ? {} : { input: more.input };
  return spawnSync(process.execPath, [MAIN, ...words], {
    cwd: dir,
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    ...input,
  });
}

describe("profile", () => {
  it("prints a document of its schema that sums to the file", () => {
    const { stdout, stderr, status } = pare(["profile", "--json", "--symbols", "--memory", "--inlined", hello]);
    expect([stderr, status]).toEqual(["", 0]);
    const document: unknown = JSON.parse(stdout);
    const snapshot = snapshotSchema.parse(document);
    expect(snapshot).toEqual(document);
    const { size } = snapshot.file;
    expect(size).toBe(readFileSync(hello).length);
    expect([...snapshot.modules, ...snapshot.overhead].reduce((sum, row) => sum + row.bytes, 0)).toBe(size);
    expect(Object.values(snapshot.kinds).reduce((a, b) => a + b, 0)).toBe(size);
    expect(snapshot.modules.map((m) => m.path)).toContain("std");
    expect(snapshot.memory!.bytes).toBeGreaterThan(0);
  });

  it("writes the document and the ranges in one run, and they agree", () => {
    const { stdout, status } = pare(["profile", "--json", "--ranges", "out.tsv", "-q", hello]);
    expect(status).toBe(0);
    const snapshot = snapshotSchema.parse(JSON.parse(stdout));
    const sums = new Map<string, number>();
    let at = 0;
    for (const line of readFileSync(path.join(dir, "out.tsv"), "utf8").trimEnd().split("\n")) {
      const [start, end, kind, module, pkg] = line.split("\t");
      expect(Number(start)).toBe(at);
      at = Number(end);
      for (const key of [`kind ${kind}`, `module ${module}`, `package ${pkg}`]) {
        sums.set(key, (sums.get(key) ?? 0) + at - Number(start));
      }
    }
    expect(at).toBe(snapshot.file.size);
    for (const [kind, bytes] of Object.entries(snapshot.kinds)) expect(sums.get(`kind ${kind}`) ?? 0).toBe(bytes);
    for (const m of snapshot.modules) {
      expect(sums.get(`module ${m.path}`)).toBe(m.bytes);
      for (const p of m.packages) expect(sums.get(`package ${p.path}`)).toBe(p.bytes);
    }
  });

  it("gives the same bytes every time", () => {
    expect(pare(["profile", "--json", hello]).stdout).toBe(pare(["profile", "--json", hello]).stdout);
  });

  it("reads stdin", () => {
    const { stdout, status } = pare(["profile", "--json", "-"], { input: readFileSync(hello) });
    expect(status).toBe(0);
    expect(snapshotSchema.parse(JSON.parse(stdout)).file).toMatchObject({
      name: "-",
      size: readFileSync(hello).length,
    });
    expect(pare(["profile", "-"], { input: new Uint8Array(0) })).toMatchObject({ status: 4, stdout: "" });
  });

  it("keeps the report at forty lines", () => {
    for (const file of [hello, full]) {
      const { stdout } = pare(["profile", file]);
      expect(stdout.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
      expect(stdout).toContain("MODULE");
      expect(stdout).toContain("SYMBOL");
    }
  });

  it("prints views in every format", () => {
    const { stdout } = pare(["profile", "--json", "--by", "section", full]);
    const view = viewSchema.parse(JSON.parse(stdout));
    expect(view.rows.map((row) => row.name)).toContain(".text");
    expect(view.rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(view.file.size);
    const csv = pare(["profile", "--csv", full]).stdout.trimEnd().split("\r\n");
    expect(csv[0]).toMatch(/^package,bytes,/);
    expect(csv.slice(1).reduce((sum, line) => sum + Number(line.split(",").at(1)), 0)).toBe(view.file.size);
    expect(pare(["profile", "--markdown", full]).stdout).toContain("| Kind | Size |");
  });

  it("writes files whole: the name asked for and no other is there", () => {
    const { stderr, status } = pare(["profile", "-C", dir, "--html", "h.html", "--svg", "s.svg", "-o", "t.txt", hello]);
    expect([stderr, status]).toEqual(["wrote h.html\nwrote s.svg\n", 0]);
    const documents = [[], ["--html", "h.html"]].map(
      (more) => pare(["profile", "-C", dir, "--json", ...more, hello]).stdout,
    );
    expect(documents[1]).toBe(documents[0]);
    expect(readFileSync(path.join(dir, "h.html"), "utf8")).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(readFileSync(path.join(dir, "s.svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect(readFileSync(path.join(dir, "t.txt"), "utf8")).toContain("MODULE");
    expect(readdirSync(dir).filter((name) => name.includes("tmp"))).toEqual([]);
    expect(pare(["profile", "-o", "nowhere/x", hello])).toMatchObject({ status: 2 });
    expect(pare(["profile", "--svg", "-", hello]).stdout).toMatch(/^<svg /);
  });

  it("tells direct from indirect dependencies where go.mod is that of the program", () => {
    const there = mkdtempSync(path.join(dir, "module-"));
    const main = snapshotSchema.parse(JSON.parse(pare(["profile", "--json", hello]).stdout)).file.main!;
    writeFileSync(path.join(there, "go.mod"), `module ${main.module}\n`);
    expect(pare(["profile", "-C", there, "--by", "module", hello]).status).toBe(0);
  });

  it("is coloured when forced, and never by NO_COLOR", () => {
    expect(pare(["profile", hello], { env: { NO_COLOR: "", FORCE_COLOR: "1" } }).stdout).toContain("\u001b[");
    expect(pare(["profile", hello], { env: { NO_COLOR: "1", FORCE_COLOR: "1" } }).stdout).not.toContain("\u001b[");
  });
});

describe("diff", () => {
  it("compares an executable with a snapshot as with the executable it was made from", () => {
    writeFileSync(path.join(dir, "full.json"), pare(["profile", "--json", "--symbols", full]).stdout);
    const direct = pare(["diff", "--json", full, hello]);
    expect(direct.status).toBe(0);
    const d = diffSchema.parse(JSON.parse(direct.stdout));
    expect(d.delta).toBe(readFileSync(hello).length - readFileSync(full).length);
    expect([...d.modules, ...d.overhead].reduce((sum, row) => sum + row.delta, 0)).toBe(d.delta);
    expect(pare(["diff", "--json", "full.json", hello]).stdout === direct.stdout).toBe(true);
  });
});

describe("pare without a command", () => {
  it("builds, measures, and says what the release build is made of", () => {
    const page = path.join(dir, "overview.html");
    const fixture = path.join(import.meta.dirname, "../fixtures/hello");
    const { stdout, stderr, status } = pare(["-C", fixture, "--json", "--html", page, "--time-budget", "1s"]);
    expect(status, stderr).toBe(0);
    const { builds, release, actions, best } = overviewSchema.parse(JSON.parse(stdout));
    expect(best.withoutSource).toMatchObject({ bytes: release.file.size, evidence: "measured" });
    expect(best.withoutSource.command).toContain("go build");
    expect(actions[0]).toMatchObject({
      kind: "flags",
      evidence: "measured",
      bytes: builds[0].bytes - builds.at(-1)!.bytes,
    });
    expect(builds.length).toBeGreaterThan(2);
    expect(builds.at(-1)?.bytes).toBe(release.file.size);
    expect(builds[0].bytes).toBeGreaterThan(release.file.size);
    expect(release.file.stripped).toBe(true);
    expect(readFileSync(page, "utf8")).toContain("</html>");
  });
});

describe("schema", () => {
  it.each(["snapshot", "view", "diff"])("prints the JSON Schema of a %s", (document) => {
    const { stdout, status } = pare(["schema", document]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "object",
      properties: { schema: { const: `pare.${document}/1` } },
    });
  });

  it("prints that of the knowledge files", () => {
    const { stdout, status } = pare(["schema", "knowledge"]);
    expect(status).toBe(0);
    const { properties } = JSON.parse(stdout) as { properties: Record<string, unknown> };
    expect(Object.keys(properties)).toEqual([
      "blockers",
      "buildfiles",
      "duplicates",
      "heavy",
      "scenarios",
      "tags",
      "testpackages",
      "versions",
    ]);
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish", "powershell"])("prints a script for %s", (shell) => {
    const { stdout, status } = pare(["completion", shell]);
    expect(status).toBe(0);
    expect(stdout).toContain("pare");
    expect(stdout).toContain("complete");
  });

  it("completes commands, options and the values of options", () => {
    const candidates = (...words: string[]): string => pare(["complete", "--", ...words]).stdout;
    expect(candidates("")).toMatch(/^profile\b/m);
    expect(candidates("profile", "--ma")).toContain("--markdown");
    expect(candidates("profile", "--by", "")).toContain("package");
    expect(candidates("profile", "./he")).toBe(":0\n");
  });

  it("gives bash what it can load", () => {
    const script = pare(["completion", "bash"]).stdout;
    const loaded = spawnSync("bash", ["-c", `${script}\ncomplete -p pare`], { encoding: "utf8" });
    expect(loaded).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("the process", () => {
  it("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [MAIN, "profile", "--ranges", "-", full], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const status = await new Promise((done) => child.on("close", done));
    expect([stderr, status]).toEqual(["", 0]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("removes what it has begun to write on %s", async (signal, code) => {
    const out = mkdtempSync(path.join(dir, "signal-"));
    const hook = path.join(out, "hook.mjs");
    // the signal comes while the temporary file is there: from the first write to it
    writeFileSync(
      hook,
      `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
const rename = fs.renameSync;
fs.renameSync = (...args) => { process.emit("${signal}", "${signal}"); rename(...args); };
syncBuiltinESMExports();`,
    );
    const words = ["--import", hook, MAIN, "profile", "--svg", path.join(out, "s.svg"), hello];
    const { status } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect(status).toBe(code);
    expect(readdirSync(out)).toEqual(["hook.mjs"]);
  });
});
