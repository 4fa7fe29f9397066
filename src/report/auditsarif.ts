// Findings of an audit → SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), for code scanning.
import type { Audit } from "../advice/audit/document.ts";
import type { Edit, Finding } from "../advice/audit/finding.ts";
import type { BuildRule } from "../advice/schema.ts";
import { costTexts } from "./audittext.ts";
import { safeJson } from "./escape.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** `rules` are those that looked; `version` is pare's own. */
export function auditSarif({ findings }: Audit, rules: readonly BuildRule[], version: string): string {
  const index = new Map(rules.map((rule, i) => [rule.code, i]));
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "pare", version, rules: rules.map(descriptor) } },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => result(finding, index.get(finding.code) ?? -1)),
      },
    ],
  };
  return safeJson(`${JSON.stringify(log, null, 1)}\n`);
}

function descriptor({ code, slug, title, why, cure, severity, sources }: BuildRule): object {
  return {
    id: code,
    name: slug,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: [cure, ...sources].join("\n") },
    helpUri: sources[0],
    defaultConfiguration: { level: severity },
  };
}

function result(finding: Finding, ruleIndex: number): object {
  const { code, severity, message, cost, time, line, column, endLine, endColumn, file, fix } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: [message, ...costTexts(finding, false)].join(". ") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
    ...(fix ? { fixes: [{ description: { text: "what pare audit --fix does" }, artifactChanges: changes(fix) }] } : {}),
    ...(cost || time ? { properties: { ...(cost ? { cost } : {}), ...(time ? { time } : {}) } } : {}),
  };
}

function changes(edits: readonly Edit[]): object[] {
  const files = [...new Set(edits.map((edit) => edit.file))];
  return files.map((file) => ({
    artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" },
    replacements: edits
      .filter((edit) => edit.file === file)
      .map(({ start, end, text }) => ({
        deletedRegion: { charOffset: start, charLength: end - start },
        insertedContent: { text },
      })),
  }));
}

function uriOf(path: string): string {
  // a lone surrogate is no character that a URI could hold
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}
