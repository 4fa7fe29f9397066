// Findings of an audit → text for a terminal.
import type { Audit } from "../advice/audit/document.ts";
import type { Finding, Severity } from "../advice/audit/finding.ts";
import { secondsText } from "../advice/audit/times.ts";
import { visible } from "./escape.ts";
import { bold, dim, paint, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact } from "./units.ts";

export interface AuditTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
}

const COLOUR: { readonly [S in Severity]: number } = { error: 160, warning: 178, note: 67 };

export function auditText(
  { findings, files, program }: Audit,
  { terminal: t, exact = false }: AuditTextOptions,
): string {
  const lines: string[] = [];
  let file: string | undefined;
  for (const finding of findings) {
    if (finding.file !== file) {
      if (file !== undefined) lines.push("");
      file = finding.file;
      lines.push(bold(t, visible(file)));
    }
    const place = `${finding.line}:${finding.column}`.padEnd(7);
    const head = `${paint(t, COLOUR[finding.severity], finding.severity.padEnd(7))}  ${finding.code} ${finding.slug}`;
    lines.push(`  ${dim(t, place)} ${head}${finding.fix ? dim(t, "  [--fix]") : ""}`);
    lines.push(`          ${visible(finding.message)}`);
    for (const cost of costTexts(finding, exact)) lines.push(`          ${dim(t, cost)}`);
  }
  if (findings.length > 0) lines.push("");
  lines.push(summary(findings, files.length, program?.name));
  return `${lines.join("\n")}\n`;
}

/** "5.28 MB (measured: DWARF and symbol table …)", "41 s (measured: …)" */
export function costTexts({ cost, time }: Pick<Finding, "cost" | "time">, exact: boolean): string[] {
  const texts: string[] = [];
  if (cost) {
    const { bytes, basis, how } = cost;
    texts.push(`${exact ? `${formatExact(bytes)} bytes` : formatBytes(bytes)} (${basis}: ${visible(how)})`);
  }
  if (time) texts.push(`${secondsText(time.seconds)} (${time.basis}: ${visible(time.how)})`);
  return texts;
}

function summary(findings: readonly Finding[], files: number, program: string | undefined): string {
  const looked = `${files} build file${files === 1 ? "" : "s"}${program === undefined ? "" : ` and ${visible(program)}`}`;
  if (findings.length === 0) return `nothing found in ${looked}`;
  const counts = (["error", "warning", "note"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`];
  });
  const fixable = findings.filter((finding) => finding.fix).length;
  const fix = fixable === 0 ? "" : `; pare audit --fix mends ${fixable}`;
  return `${counts.join(", ")} in ${looked}${fix}; pare explain CODE says more`;
}
