// pare lab that recommends, runs benchmarks, and stores the choice: on a small program.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { projectSchema } from "../../src/config/schema.ts";
import type { LabResult } from "../../src/lab/model.ts";
import { labSchema } from "../../src/lab/schema.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
let top: string;
let yaml: string;

beforeAll(() => {
  top = mkdtempSync(path.join(tmpdir(), "pare-test-"));
  yaml = path.join(top, "pare.yaml");
  cpSync(path.join(HERE, "../fixtures/tags"), top, { recursive: true });
  const benchmark =
    'package main\n\nimport "testing"\n\nfunc BenchmarkDescribe(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t\tdescribe("x")\n\t}\n}\n';
  writeFileSync(path.join(top, "bench_test.go"), benchmark);
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

function pare(...words: string[]): { stdout: string; stderr: string; status: number | null } {
  const main = path.join(HERE, "../../src/cli/main.ts");
  const env = { ...process.env, GOFLAGS: "", GOENV: "off", CGO_ENABLED: "0", NO_COLOR: "1" };
  return spawnSync(process.execPath, [main, "lab", "-q", ...words], { cwd: top, env, encoding: "utf8" });
}

it("stores what it recommends, and keeps the rest of the file", () => {
  const before =
    "# ours\nlab:\n  scenario: cli   # downloads\n  variants:\n    lean: { from: release, tags: [nojson] }\n";
  writeFileSync(yaml, before);
  const { stdout, stderr, status } = pare("--only", "release,lean", "--write", "--json");
  expect([stderr, status]).toEqual(["", 0]);
  const document = JSON.parse(stdout) as LabResult;
  expect(labSchema.parse(document)).toEqual(document);
  expect(document.rows.map(({ variant }) => variant.name)).toEqual(["default", "release", "lean"]);
  const cli = document.recommendations!.find(({ scenario }) => scenario === "cli")!;
  expect(cli.winner?.variant).toBe("lean");
  expect(cli.missing.map(({ measure }) => measure)).toEqual(["start"]);
  const text = readFileSync(yaml, "utf8");
  expect(text.startsWith(`${before}\nchosen:\n  variant: lean\n  scenario: cli\n`)).toBe(true);
  expect(readConfig("pare.yaml", text, projectSchema).config.chosen?.flags).toContain("-tags=nojson");
});

it("stores the variant that was named, and compares by benchmarks", () => {
  const bench = "go test -run '^$' -bench . -benchtime 50x";
  const { stdout, status } = pare(
    "--only",
    "release,no inlining",
    "--bench",
    bench,
    "--bench-runs",
    "2",
    "--write",
    "release",
  );
  expect(status).toBe(0);
  // two runs of each cannot show a difference
  expect(stdout).toMatch(/^BENCHMARKS beside release +TIME\nno inlining +no difference .*1 benchmark$/m);
  expect(stdout).toMatch(/^command line tool to download: release {2}-\d+ % on disk/m);
  expect(readConfig("pare.yaml", readFileSync(yaml, "utf8"), projectSchema).config.chosen).toEqual({
    variant: "release",
    flags: ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="],
  });
});

it("writes nothing where there is nothing to choose", () => {
  const before = readFileSync(yaml, "utf8");
  expect(pare("--only", "release", "--write", "releas").stderr).toBe(
    "pare: --write: no variant is called releas (Did you mean release?)\n",
  );
  const { stderr, status } = pare("--only", "release", "--for", "wasm", "--write");
  expect([stderr, status]).toEqual(["pare: nothing is written: there is no variant to recommend that was built\n", 1]);
  expect(readFileSync(yaml, "utf8")).toBe(before);
});

it("keeps the best tags as a variant, which the next lab builds", () => {
  const before = "# ours\npackage: .   # here\n";
  writeFileSync(yaml, before);
  expect(pare("--tags", "--write")).toMatchObject({ stderr: "", status: 0 });
  const text = readFileSync(yaml, "utf8");
  expect(text.startsWith(before)).toBe(true);
  const variant = { from: "release", tags: ["nojson", "unchecked"] };
  expect(readConfig("pare.yaml", text, projectSchema).config.lab?.variants).toEqual({ "with-tags": variant });
  const { rows } = JSON.parse(pare("--only", "with-tags", "--json").stdout) as LabResult;
  const [first, kept] = [rows[0], rows.at(-1)!];
  expect(kept.variant).toMatchObject({ name: "with-tags", tags: ["nojson", "unchecked"] });
  expect(kept.measures.alive?.value).toBe(true);
  expect(kept.measures.fileBytes!.value).toBeLessThan(first.measures.fileBytes!.value);
});
