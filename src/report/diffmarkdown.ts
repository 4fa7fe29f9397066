// Diff → GitHub-flavoured Markdown: for pull requests.
import type { Diff } from "../ledger/diff.ts";
import { KINDS } from "../ledger/ledger.ts";
import { becauseText, packageList, reasons } from "./because.ts";
import { commandLine } from "./command.ts";
import { change, countText, type DiffRow, moduleRows, overheadRow, packageRows, symbolRows } from "./difftext.ts";
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
/** Characters of a list of packages. */
const LIST = 100;

/** One line that says it all, the modules, and the rest folded away. */
export function diffMarkdown(diff: Diff, options: DiffMarkdownOptions = {}): string {
  const { exact } = options;
  const size = exact ? formatExact : formatBytes;
  const { build, oldFile, newFile } = diff;
  const blocks = [
    `### ${markdownCode(build?.package ?? newFile.name)}: ${size(diff.new)} (${change(diff, exact)})`,
    build ? `${markdownText(oldFile.name)} → ${markdownText(newFile.name)}, ${countText(diff)}` : countText(diff),
    diff.warnings.map((warning) => `- ${markdownText(warning)}`).join("\n"),
    rowsTable("Module", [...moduleRows(diff), ...overheadRow(diff)], options),
    reasonsTable(diff, options),
    folded(
      "Kinds",
      rowsTable(
        "Kind",
        KINDS.map((kind) => ({ ...diff.kinds[kind], name: kind })),
        options,
      ),
    ),
    folded("Packages", rowsTable("Package", packageRows(diff), options)),
    folded("Symbols", rowsTable("Symbol", symbolRows(diff), options)),
    folded("What brought each package", edgesTable(diff, options)),
    build ? `Both built with ${markdownCode(commandLine(["go", "build", ...build.flags]))}.` : "",
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Growth by where it entered. */
function reasonsTable(diff: Diff, { exact, top = ROWS }: DiffMarkdownOptions): string {
  const all = reasons(diff);
  if (all.length === 0) return "";
  return markdownTable(
    [["Because"], ["Growth", true], ["Of"]],
    all
      .slice(0, top)
      .map((reason) => [
        markdownCode(reason.text),
        formatDelta(reason.delta, exact),
        markdownText(packageList(reason, LIST)),
      ]),
  );
}

/** The reference into each package that grew. */
function edgesTable(diff: Diff, { exact, top = ROWS }: DiffMarkdownOptions): string {
  const rows = reasons(diff).flatMap((reason) => reason.packages);
  if (rows.length === 0) return "";
  return markdownTable(
    [["Package"], ["Growth", true], ["Through"]],
    rows
      .sort((a, b) => b.delta - a.delta)
      .slice(0, top)
      .map((row) => [markdownCode(row.path), formatDelta(row.delta, exact), markdownCode(becauseText(row.because))]),
  );
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
        size(row.old ?? 0),
        size(row.new ?? 0),
        markdownText(row.note ?? ""),
      ]),
  );
  const rest = changed.slice(top);
  if (rest.length === 0) return table;
  const sum = rest.reduce((total, row) => total + row.delta, 0);
  return `${table}\n\n… and ${formatExact(rest.length)} more, ${formatDelta(sum, exact)}`;
}
