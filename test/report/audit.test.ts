// Formats of an audit: valid for those who read them, whatever stands in names.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import path from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Audit } from "../../src/advice/audit/document.ts";
import { auditSchema } from "../../src/advice/audit/schema.ts";
import { auditGithub, auditMarkdown } from "../../src/report/auditci.ts";
import { auditSarif } from "../../src/report/auditsarif.ts";
import { auditText } from "../../src/report/audittext.ts";
import { unifiedDiff } from "../../src/report/patch.ts";
import { findingsOf, RULES } from "../advice/audit/project.ts";
import { HOSTILE, UNPRINTABLE } from "./hostile.ts";

const require = createRequire(import.meta.url);

const FILES = {
  "a b/Dockerfile": "FROM golang\nCOPY . .\nRUN go build -o /app .\n",
  ".github/workflows/x.yml":
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: go build -o a . }]\n",
};

const ordinary: Audit = {
  schema: "pare.audit/1",
  files: Object.keys(FILES),
  program: null,
  findings: findingsOf(FILES),
  warnings: [],
};

const NAMES = HOSTILE.join(" ");

/** Every text that may come from a file is hostile. */
const hostile: Audit = {
  ...ordinary,
  program: { name: NAMES, target: "linux/amd64", bytes: 1 },
  findings: ordinary.findings.map((finding) => ({
    ...finding,
    file: NAMES,
    message: NAMES,
    cost: { bytes: 1, basis: "estimate", how: NAMES },
    time: { seconds: 1, basis: "measured", how: NAMES },
  })),
};

describe("an audit", () => {
  it("keeps its schema", () => {
    expect(ordinary.findings.length).toBeGreaterThan(5);
    expect(() => auditSchema.parse(ordinary)).not.toThrow();
  });

  it("sends no control characters in any format", () => {
    const terminal = { colour: false, width: 80, cut: false };
    for (const text of [
      auditText(hostile, { terminal }),
      auditGithub(hostile),
      auditMarkdown(hostile),
      auditSarif(hostile, RULES, "1.0.0"),
    ])
      expect(text).not.toMatch(UNPRINTABLE);
  });
});

describe("SARIF", () => {
  interface Log {
    version: string;
    runs: {
      tool: {
        driver: { name: string; rules: { id: string; helpUri: string; defaultConfiguration: { level: string } }[] };
      };
      columnKind: string;
      results: Result[];
    }[];
  }
  interface Result {
    ruleId: string;
    ruleIndex: number;
    level: string;
    message: { text: string };
    locations: { physicalLocation: { artifactLocation: { uri: string }; region: Record<string, number> } }[];
    fixes?: {
      artifactChanges: {
        replacements: {
          deletedRegion: { charOffset: number; charLength: number };
          insertedContent: { text: string };
        }[];
      }[];
    }[];
  }
  const log = JSON.parse(auditSarif(ordinary, RULES, "1.0.0")) as Log;

  it("keeps the schema of SARIF 2.1.0, hostile names and all", () => {
    const ajv = new Ajv({ schemaId: "auto", allErrors: true });
    ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json") as object);
    const keeps = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as object);
    const logOf = (each: Audit): Log => JSON.parse(auditSarif(each, RULES, "1.0.0")) as Log;
    expect(ordinary.findings.some(({ fix }) => fix) && ordinary.findings.some(({ cost }) => cost)).toBe(true);
    for (const each of [ordinary, hostile, { ...ordinary, findings: [] }]) {
      keeps(logOf(each));
      expect(keeps.errors ?? []).toEqual([]);
    }
    // it does tell
    const broken = logOf(ordinary);
    broken.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0;
    expect(keeps(broken)).toBe(false);
    // what the standard says beyond this schema: a region begins somewhere
    const regions: Record<string, unknown>[] = [];
    JSON.stringify(logOf(hostile), (key, value: unknown) => {
      if (key === "region" || key === "deletedRegion") regions.push(value as Record<string, unknown>);
      return value;
    });
    expect(regions.length).toBeGreaterThan(ordinary.findings.length);
    for (const region of regions)
      expect(Object.keys(region)).toContainEqual(expect.stringMatching(/^(?:startLine|charOffset)$/));
  });

  it("has what version 2.1.0 requires", () => {
    expect(log.version).toBe("2.1.0");
    const [{ tool, results, columnKind }] = log.runs;
    expect([tool.driver.name, columnKind]).toEqual(["pare", "utf16CodeUnits"]);
    expect(results).toHaveLength(ordinary.findings.length);
    for (const { ruleId, ruleIndex, level, message, locations } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(["error", "warning", "note"]).toContain(level);
      expect(message.text).not.toBe("");
      const { artifactLocation, region } = locations[0].physicalLocation;
      expect(() => new URL(artifactLocation.uri, "file:///")).not.toThrow();
      expect(artifactLocation.uri).toMatch(/^[\w.%/-]+$/);
      expect(region.startLine >= 1 && region.startColumn >= 1 && region.endLine >= region.startLine).toBe(true);
    }
  });

  it("has fixes that mean the same edits", () => {
    const fixes = log.runs[0].results.flatMap((result) => result.fixes ?? []);
    const edits = ordinary.findings.flatMap((finding) => finding.fix ?? []);
    expect(fixes.flatMap((fix) => fix.artifactChanges.flatMap((change) => change.replacements))).toEqual(
      edits.map(({ start, end, text }) => ({
        deletedRegion: { charOffset: start, charLength: end - start },
        insertedContent: { text },
      })),
    );
  });
});

describe("workflow commands", () => {
  it("are one line each, whatever stands in names", () => {
    const finding = { ...ordinary.findings[0], file: "a,b:c%\n::error::x", message: "50%\r\n::error::y" };
    const text = auditGithub({ ...ordinary, findings: [finding] });
    expect(text.split("\n")).toHaveLength(2);
    expect(text).toContain("file=a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3Ax,line=");
    expect(text).toContain("::50%25\\r\\n::error::y");
    const all = auditGithub(hostile).split("\n").slice(0, -1);
    expect(all).toHaveLength(hostile.findings.length);
    for (const line of all) {
      const [, properties] = /^::(?:error|warning|notice) ((?:[a-zA-Z]+=[^,:]*,?)+)::/.exec(line) ?? [];
      expect(properties).toMatch(/^file=[^,:]*,line=\d+,endLine=\d+,(?:col=\d+,endColumn=\d+,)?title=[^,:]*$/);
    }
  });
});

it("says bytes and seconds in every format", () => {
  const [first] = ordinary.findings;
  const how = "as it was";
  const finding = {
    ...first,
    cost: { bytes: 1000, basis: "measured" as const, how },
    time: { seconds: 41.3, basis: "measured" as const, how },
  };
  const one: Audit = { ...ordinary, findings: [finding] };
  const terminal = { colour: false, width: 80, cut: false };
  for (const text of [
    auditText(one, { terminal }),
    auditGithub(one),
    auditMarkdown(one),
    auditSarif(one, RULES, "1.0.0"),
  ])
    expect(text.replaceAll(/\s+/g, " ")).toMatch(/1\.00 kB \(measured: as it was\)[.;]? 41 s \(measured: as it was\)/);
  expect(() => auditSchema.parse(one)).not.toThrow();
});

describe("Markdown", () => {
  it("is one row for each finding, whatever stands in names", () => {
    const text = auditMarkdown(hostile);
    const rows = text.split("\n").slice(4, -1);
    expect(rows).toHaveLength(hostile.findings.length);
    for (const row of rows) {
      // cells that are not escaped
      expect(row.replaceAll(/\\./g, "").split("|")).toHaveLength(7);
      // no tag, link or picture of a name
      expect(row.replaceAll(/<code>[^<]*<\/code>|\\./g, "")).not.toMatch(/<[a-z/!]|\]\(/i);
    }
  });
});

describe("unifiedDiff", () => {
  it("is what patch reads, for any two texts", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "pare-patch-"));
    try {
      const line = fc.constantFrom("a\n", "b\n", "c\n", "d d\n", "\n", "\te\n");
      const text = fc
        .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom("", "end"))
        .map(([lines, end]) => lines.join("") + end);
      fc.assert(
        fc.property(text, text, (before, after) => {
          const diff = unifiedDiff("f", before, after);
          expect(diff === "").toBe(before === after);
          if (diff === "") return;
          writeFileSync(path.join(directory, "f"), before);
          execFileSync("git", ["apply", "--unidiff-zero", "-"], {
            cwd: directory,
            input: diff,
            env: { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(directory) },
          });
          expect(readFileSync(path.join(directory, "f"), "utf8")).toBe(after);
        }),
        { numRuns: 40 },
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("gives up on the shortest way for texts with nothing in common", () => {
    const before = Array.from({ length: 5000 }, (_, i) => `a${i}\n`).join("");
    const after = Array.from({ length: 5000 }, (_, i) => `b${i}\n`).join("");
    expect(unifiedDiff("f", before, after).split("\n")).toHaveLength(10_004);
  });
});
