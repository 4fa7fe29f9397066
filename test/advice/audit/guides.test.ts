// A project as it often begins, and as the guides leave it (test/fixtures/audit): every rule fires on the one, none on the other.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { audit } from "../../../src/advice/audit/audit.ts";
import type { LinkedFinding, ProgramFacts } from "../../../src/advice/audit/project.ts";
import { readBuildFiles } from "../../../src/toolchain/buildfiles.ts";
import { importsOf } from "../../../src/toolchain/modulefacts.ts";
import { PROGRAM, RULES } from "./project.ts";

const FIXTURES = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../fixtures/audit");

const KINDS: readonly LinkedFinding["kind"][] = ["duplicates", "test code", "heavy", "elimination", "versions"];

function codes(folder: string, program: ProgramFacts, tidyDiff: string): string[] {
  const directory = path.join(FIXTURES, folder);
  const { files, exists, warnings } = readBuildFiles(directory);
  expect(warnings).toEqual([]);
  const project = { files, exists, imports: importsOf(directory), tidyDiff, program };
  return audit(project, RULES).map(({ code, file, line }) => `${code} ${file}:${line}`);
}

test("every rule fires on the project before", () => {
  const linked = KINDS.map((kind) => ({ kind, module: "gopkg.in/yaml.v2", message: kind }));
  const found = codes(
    "before",
    { ...PROGRAM, linked },
    "diff current/go.mod tidy/go.mod\n-\texample.com/forgotten v1.0.0\n",
  );
  expect([...new Set(found.map((each) => each.slice(0, 4)))].sort()).toEqual(RULES.map((rule) => rule.code));
  expect(found).toMatchInlineSnapshot(`
    [
      "C005 .github/workflows/ci.yml:3",
      "C004 .github/workflows/ci.yml:15",
      "C001 .github/workflows/ci.yml:18",
      "C003 .github/workflows/ci.yml:35",
      "C002 .github/workflows/ci.yml:35",
      "D009 .github/workflows/ci.yml:44",
      "B002 .goreleaser.yaml:3",
      "B003 .goreleaser.yaml:3",
      "B007 .goreleaser.yaml:3",
      "B006 .goreleaser.yaml:5",
      "B001 .goreleaser.yaml:6",
      "D004 Dockerfile:1",
      "D005 Dockerfile:1",
      "D001 Dockerfile:3",
      "D003 Dockerfile:3",
      "D002 Dockerfile:5",
      "B001 Dockerfile:5",
      "B002 Dockerfile:5",
      "B003 Dockerfile:5",
      "B004 Dockerfile:6",
      "B005 Makefile:7",
      "B001 Makefile:9",
      "B002 Makefile:9",
      "B003 Makefile:9",
      "B007 Makefile:10",
      "D008 docker-bake.hcl:5",
      "D009 docker-bake.hcl:5",
      "M001 go.mod:1",
      "M002 go.mod:6",
      "M003 go.mod:7",
      "M004 go.mod:7",
      "M005 go.mod:7",
      "M006 go.mod:7",
      "M007 go.mod:7",
      "D010 slim.Dockerfile:1",
      "D001 slim.Dockerfile:3",
      "D003 slim.Dockerfile:3",
      "D002 slim.Dockerfile:4",
      "B001 slim.Dockerfile:4",
      "B002 slim.Dockerfile:4",
      "D011 slim.Dockerfile:4",
      "D005 slim.Dockerfile:6",
      "D006 slim.Dockerfile:6",
      "D007 slim.Dockerfile:6",
    ]
  `);
});

test("none fires on the project after", () => {
  expect(codes("after", PROGRAM, "")).toEqual([]);
});
