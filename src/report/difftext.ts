// Diff → text for a terminal.
import type { Diff } from "../ledger/diff.ts";
import { KINDS } from "../ledger/ledger.ts";
import { visible } from "./escape.ts";
import { nameOf } from "./text.ts";
import { bold, type Column, dim, paint, shorten, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatDelta, formatExact, formatShare } from "./units.ts";

export interface DiffTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  /** Rows of each table. */
  readonly top?: number | undefined;
}

const ROWS = 10;
const RED = 167;
const GREEN = 71;

/** Headline, then kinds, modules, packages and symbols that changed, the largest change first. */
export function diffText(diff: Diff, options: DiffTextOptions): string {
  const { terminal: t, exact } = options;
  const size = exact ? formatExact : formatBytes;
  const lines = [
    `${bold(t, visible(diff.oldFile.name))} ${size(diff.old)} → ${bold(t, visible(diff.newFile.name))} ${size(diff.new)}: ${coloured(t, diff.delta, bold(t, change(diff, exact)))}`,
    ...diff.warnings.map((warning) => `${paint(t, 178, "→")} ${visible(warning)}`),
  ];
  if (diff.oldFile.sha256 === diff.newFile.sha256) lines.push("the files are identical");
  const tables: { title: string; rows: DiffRow[] }[] = [
    {
      title: "KIND",
      rows: KINDS.map((kind) => ({ ...diff.kinds[kind], name: kind })).filter((row) => row.delta !== 0),
    },
    { title: "MODULE", rows: [...moduleRows(diff), ...overheadRow(diff)] },
    {
      title: "PACKAGE",
      rows: diff.modules.flatMap((m) => m.packages.map((p) => ({ ...p, name: p.path, note: note(p.change) }))),
    },
    { title: "SYMBOL", rows: symbolRows(diff) },
  ];
  for (const { title, rows } of tables) {
    if (rows.length === 0) continue;
    const sorted = title === "KIND" ? rows : rows.sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
    lines.push("", ...rowsTable(title, sorted, options));
  }
  return `${lines.join("\n")}\n`;
}

export interface DiffRow {
  readonly name: string;
  readonly old: number;
  readonly new: number;
  readonly delta: number;
  /** "added", "v1.2.0 → v1.3.0" … */
  readonly note?: string;
}

/** "+1.20 MB, +2.5 %". */
export function change(row: { readonly old: number; readonly delta: number }, exact = false): string {
  if (row.delta === 0) return "no change";
  const share = row.old > 0 ? `, ${row.delta > 0 ? "+" : ""}${formatShare(row.delta, row.old)}` : "";
  return formatDelta(row.delta, exact) + share;
}

/** A change worth a word: "changed" is what every row of a diff is. */
function note(word: string): string {
  return word === "changed" ? "" : word;
}

export function moduleRows(diff: Diff): DiffRow[] {
  return diff.modules.map((m) => {
    const versions = m.oldVersion === m.newVersion ? "" : `${m.oldVersion || "?"} → ${m.newVersion || "?"}`;
    return {
      ...m,
      name: m.path,
      note: m.change === "changed" ? versions : `${m.change} ${m.newVersion || m.oldVersion}`.trim(),
    };
  });
}

/** Overhead in one row, for its names are the format's; none if nothing changed. */
export function overheadRow(diff: Diff): DiffRow[] {
  if (diff.overhead.length === 0) return [];
  const add = (key: "old" | "new" | "delta"): number => diff.overhead.reduce((sum, row) => sum + row[key], 0);
  return [{ name: "(overhead)", old: add("old"), new: add("new"), delta: add("delta") }];
}

export function symbolRows(diff: Diff): DiffRow[] {
  const rows: DiffRow[] = [];
  for (const m of diff.modules) {
    for (const p of m.packages) {
      for (const s of p.symbols ?? []) {
        const name = nameOf(s.name || "(unnamed)", p.path);
        rows.push({ ...s, name, note: s.oldName === undefined ? note(s.change) : `was ${s.oldName}` });
      }
    }
  }
  return rows;
}

function coloured(t: Terminal, delta: number, text: string): string {
  return delta === 0 ? text : paint(t, delta > 0 ? RED : GREEN, text);
}

function rowsTable(title: string, all: readonly DiffRow[], options: DiffTextOptions): string[] {
  const { terminal: t, exact, top = ROWS } = options;
  const size = exact ? formatExact : formatBytes;
  const rows = all.slice(0, top);
  const columns: Column[] = [
    { title: "CHANGE", right: true, paint: (text, row) => coloured(t, rows[row].delta, text) },
    { title: "OLD", right: true },
    { title: "NEW", right: true },
    { title, flexible: true },
    { title: "", paint: (text) => dim(t, text) },
  ];
  const amount = (bytes: number): string => (bytes === 0 ? "·" : size(bytes));
  const lines = table(
    t,
    columns,
    rows.map((row) => [
      formatDelta(row.delta, exact),
      amount(row.old),
      amount(row.new),
      visible(row.name),
      shorten(visible(row.note ?? ""), 48),
    ]),
  );
  const rest = all.slice(top);
  if (rest.length > 0) {
    const sum = rest.reduce((total, row) => total + row.delta, 0);
    lines.push(dim(t, `… and ${formatExact(rest.length)} more, ${formatDelta(sum, exact)}`));
  }
  return lines;
}
