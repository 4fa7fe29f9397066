// Diff → GitHub-flavoured Markdown: for pull requests.
import type { Diff } from "../ledger/diff.ts";
import { KINDS } from "../ledger/ledger.ts";
import { change, type DiffRow, moduleRows, overheadRow, symbolRows } from "./difftext.ts";
import { markdownCode, markdownText } from "./escape.ts";
import { markdownTable } from "./markdown.ts";
import { formatBytes, formatDelta, formatExact } from "./units.ts";

export interface DiffMarkdownOptions {
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  /** Rows of each table. */
  readonly top?: number | undefined;
}

const ROWS = 20;

/** One line that says it all, the modules, and the rest folded away. */
export function diffMarkdown(diff: Diff, options: DiffMarkdownOptions = {}): string {
  const { exact } = options;
  const size = exact ? formatExact : formatBytes;
  const blocks = [
    `### ${markdownCode(diff.newFile.name)}: ${size(diff.new)} (${change(diff, exact)})`,
    diff.warnings.map((warning) => `- ${markdownText(warning)}`).join("\n"),
    rowsTable("Module", [...moduleRows(diff), ...overheadRow(diff)], options),
    folded(
      "Kinds",
      rowsTable(
        "Kind",
        KINDS.map((kind) => ({ ...diff.kinds[kind], name: kind })),
        options,
      ),
    ),
    folded(
      "Packages",
      rowsTable(
        "Package",
        diff.modules.flatMap((m) => m.packages.map((p) => ({ ...p, name: p.path, note: p.change }))),
        options,
      ),
    ),
    folded("Symbols", rowsTable("Symbol", symbolRows(diff), options)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function folded(title: string, body: string): string {
  return body === "" ? "" : `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

function rowsTable(title: string, all: readonly DiffRow[], { exact, top = ROWS }: DiffMarkdownOptions): string {
  const size = exact ? formatExact : formatBytes;
  const changed = all.filter((row) => row.delta !== 0).sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
  if (changed.length === 0) return "";
  const table = markdownTable(
    [[title], ["Change", true], ["Old", true], ["New", true], [""]],
    changed
      .slice(0, top)
      .map((row) => [
        markdownCode(row.name),
        formatDelta(row.delta, exact),
        size(row.old),
        size(row.new),
        markdownText(row.note ?? ""),
      ]),
  );
  const rest = changed.slice(top);
  if (rest.length === 0) return table;
  const sum = rest.reduce((total, row) => total + row.delta, 0);
  return `${table}\n\n… and ${formatExact(rest.length)} more, ${formatDelta(sum, exact)}`;
}
