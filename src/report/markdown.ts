// Snapshot or view → GitHub-flavoured Markdown: for issues, pull requests and job summaries.
import type { Profile } from "../ledger/profile.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import { hasSymbols, type Row, type View, view } from "../ledger/views.ts";
import { markdownCode, markdownText } from "./escape.ts";
import { buildFacts, evidenceFacts, sourceFacts } from "./headline.ts";
import { composition, hints } from "./hints.ts";
import { GROUPS, KIND_STYLES, sumGroup } from "./kinds.ts";
import { formatBytes, formatExact, formatShare } from "./units.ts";

export interface MarkdownOptions {
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
}

const ROWS = 20;

/** The report: facts, kinds, modules, packages, symbols; the last need a snapshot that has them, or the profile. */
export function markdownReport(snapshot: Snapshot, options: MarkdownOptions = {}, profile?: Profile): string {
  const size = options.exact ? formatExact : formatBytes;
  const parts = composition(snapshot);
  const kinds = markdownTable(
    [["Kind"], ["Size", true], ["Share", true], ["What"]],
    parts.map(({ kind, bytes }) => [
      kind,
      size(bytes),
      formatShare(bytes, snapshot.file.size),
      KIND_STYLES[kind].meaning,
    ]),
  );
  const blocks = [
    headline(snapshot, options),
    [...hints(snapshot), ...snapshot.warnings.map((w) => `warning: ${w}`)]
      .map((hint) => `- ${markdownText(hint)}`)
      .join("\n"),
    kinds,
    titled("Modules", viewTable(view(snapshot, { by: "module", top: ROWS }), options)),
    titled("Packages", viewTable(view(snapshot, { by: "package", top: ROWS, named: true }), options)),
    profile || hasSymbols(snapshot)
      ? titled("Symbols", viewTable(view(snapshot, { by: "symbol", top: ROWS, named: true }, profile), options))
      : "",
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** One view under the headline. */
export function markdownView(snapshot: Snapshot, rows: View, options: MarkdownOptions = {}): string {
  return `${headline(snapshot, options)}\n\n${viewTable(rows, options)}\n`;
}

function headline(snapshot: Snapshot, { exact }: MarkdownOptions): string {
  const { file } = snapshot;
  const size = exact ? formatExact(file.size) : `${formatBytes(file.size)} (${formatExact(file.size)} bytes)`;
  const facts = [buildFacts(snapshot).join(" · "), sourceFacts(snapshot).join(" · "), evidenceFacts(snapshot)];
  const lines = facts.filter((fact) => fact !== "").map(markdownText);
  return [`### ${markdownCode(file.name)}: ${size}`, "", lines.join("  \n")].join("\n");
}

function titled(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

const TITLES: { readonly [B in View["by"]]: string } = {
  module: "Module",
  package: "Package",
  symbol: "Symbol",
  kind: "Kind",
  section: "Section",
  file: "Source file",
  embed: "Embedded file",
};

function viewTable(rows: View, { exact }: MarkdownOptions): string {
  const size = exact ? formatExact : formatBytes;
  const columns: [title: string, right?: boolean][] = [[TITLES[rows.by]], ["Size", true], ["Share", true]];
  const cells: ((row: Row) => string)[] = [
    (row) => (row.overhead || rows.by === "kind" ? markdownText(row.name) : markdownCode(row.name)),
    (row) => size(row.bytes),
    (row) => formatShare(row.bytes, rows.of),
  ];
  const column = (title: string, right: boolean, cell: (row: Row) => string): void => {
    columns.push([title, right]);
    cells.push(cell);
  };
  if (rows.hasInlined) column("Inlined", true, (row) => amount(row.inlined ?? 0, size));
  if (rows.hasMemory) column("Memory", true, (row) => amount(row.memory ?? 0, size));
  if (rows.by === "module" || rows.by === "package" || rows.by === "section") {
    for (const group of GROUPS) column(group, true, (row) => amount(sumGroup(row.kinds, group), size));
  }
  if (rows.by === "module") {
    column("Version", false, (row) => markdownText(row.version ?? ""));
    column("Role", false, (row) => row.role ?? "");
  }
  if (rows.by === "symbol") column("Type", false, (row) => row.letter ?? "");
  if (rows.by === "symbol" || rows.by === "embed") column("Package", false, (row) => markdownCode(row.package ?? ""));
  if (rows.by === "embed") column("Used by", false, (row) => (row.usedBy ?? []).map(markdownCode).join(" "));
  const table = markdownTable(
    columns,
    rows.rows.map((row) => cells.map((cell) => cell(row))),
  );
  return rows.rest.rows > 0 ? `${table}\n\n… and ${formatExact(rows.rest.rows)} more, ${size(rows.rest.bytes)}` : table;
}

function amount(bytes: number, size: (bytes: number) => string): string {
  return bytes === 0 ? "" : size(bytes);
}

/** A table; cells must be escaped already. */
export function markdownTable(
  columns: readonly (readonly [title: string, right?: boolean])[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(([, right]) => (right ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}
