// Diff → text for a terminal.
import type { Diff, DiffBuild } from "../ledger/diff.ts";
import { KINDS } from "../ledger/ledger.ts";
import { packageList, reasons } from "./because.ts";
import { commandLine } from "./command.ts";
import { visible } from "./escape.ts";
import { nameOf } from "./text.ts";
import { bold, type Column, dim, paint, shorten, table, type Terminal, textWidth } from "./terminal.ts";
import { formatBytes, formatDelta, formatExact, formatShare } from "./units.ts";

export interface DiffTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  /** Rows of each table. */
  readonly top?: number | undefined;
}

const MAX_LINES = 40;
const MAX_WARNINGS = 6;
/** Columns of a change and the space around it, and of "1,234 packages". */
const FIGURES = 12;
const COUNT = 14;
/** Rows of a table that are likely to be shown. */
const ROWS = 8;
/** Characters of the last column. */
const NOTE = 48;
const RED = 167;
const GREEN = 71;

interface Section {
  readonly title: string;
  /** Largest change first. */
  readonly rows: readonly DiffRow[];
}

/** What it comes to, then modules, packages and symbols that changed, and why; at most 40 lines unless `top` says how many rows. */
export function diffText(diff: Diff, options: DiffTextOptions): string {
  const lines = headline(diff, options);
  const sections = [
    { title: "MODULE", rows: [...moduleRows(diff), ...overheadRow(diff)] },
    { title: "PACKAGE", rows: packageRows(diff) },
    { title: "BECAUSE", rows: reasonRows(diff, options) },
    { title: "SYMBOL", rows: symbolRows(diff) },
  ]
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => ({ title, rows: rows.sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta)) }));
  const room = MAX_LINES - lines.length;
  const rows = options.top === undefined ? share(sections, room) : sections.map(() => options.top!);
  sections.forEach((section, i) => lines.push("", ...rowsTable(section, rows[i], options)));
  return `${lines.join("\n")}\n`;
}

/** Rows for each section so that all fit: each has a blank line, a header and a last line besides. */
function share(sections: readonly Section[], lines: number): number[] {
  const rows = sections.map(() => 0);
  let left = lines - 3 * sections.length;
  while (left > 0 && rows.some((n, i) => n < sections[i].rows.length)) {
    for (let i = 0; i < rows.length && left > 0; i++) {
      if (rows[i] >= sections[i].rows.length) continue;
      rows[i]++;
      left--;
    }
  }
  return rows;
}

function headline(diff: Diff, { terminal: t, exact }: DiffTextOptions): string[] {
  const size = exact ? formatExact : formatBytes;
  const { oldFile, newFile, build } = diff;
  const program = build ? `${bold(t, visible(build.package))}: ` : "";
  const lines = [
    `${program}${bold(t, visible(oldFile.name))} ${size(diff.old)} → ${bold(t, visible(newFile.name))} ${size(diff.new)}: ${coloured(t, diff.delta, bold(t, change(diff, exact)))}`,
    ...diff.warnings.slice(0, MAX_WARNINGS).map((warning) => `${paint(t, 178, "→")} ${visible(warning)}`),
  ];
  if (build) lines.push(dim(t, visible(buildText(build))));
  if (oldFile.sha256 === newFile.sha256) lines.push("the files are identical");
  const counts = countText(diff);
  if (counts !== "") lines.push(counts);
  const kinds = KINDS.map((kind) => ({ kind, delta: diff.kinds[kind].delta })).filter((row) => row.delta !== 0);
  kinds.sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
  lines.push(
    ...wrapped(
      kinds.map((row) => `${row.kind} ${coloured(t, row.delta, formatDelta(row.delta, exact))}`),
      kinds.map((row) => `${row.kind} ${formatDelta(row.delta, exact)}`),
      t.width,
    ),
  );
  return lines;
}

/** Words of known widths side by side, in as many lines as it takes. */
function wrapped(words: readonly string[], plain: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let used = width;
  words.forEach((word, i) => {
    if (used + 3 + plain[i].length > width) {
      lines.push(word);
      used = plain[i].length;
    } else {
      lines[lines.length - 1] += `   ${word}`;
      used += 3 + plain[i].length;
    }
  });
  return lines;
}

/** "both built with go build -trimpath"; not escaped. */
export function buildText(build: DiffBuild): string {
  return `both built with ${commandLine(["go", "build", ...build.flags])}`;
}

/** "packages: 12 grown, 3 shrunk, 175 new"; "" if none changed its size. */
export function countText(diff: Diff): string {
  const packages = diff.modules.flatMap((m) => m.packages);
  const count = (test: (p: (typeof packages)[number]) => boolean): number => packages.filter(test).length;
  const words = [
    [count((p) => p.change === "changed" && p.delta > 0), "grown"],
    [count((p) => p.change === "changed" && p.delta < 0), "shrunk"],
    [count((p) => p.change === "added"), "new"],
    [count((p) => p.change === "removed"), "gone"],
  ] as const;
  const shown = words.filter(([n]) => n > 0).map(([n, word]) => `${formatExact(n)} ${word}`);
  return shown.length === 0 ? "" : `packages: ${shown.join(", ")}`;
}

export interface DiffRow {
  readonly name: string;
  /** Absent where only the change is known. */
  readonly old?: number;
  readonly new?: number;
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
    const words = [versions, m.oldPath === undefined ? "" : `was ${m.oldPath}`].filter(Boolean).join(", ");
    return {
      ...m,
      name: m.path,
      note: m.change === "changed" ? words : `${m.change} ${m.newVersion || m.oldVersion}`.trim(),
    };
  });
}

export function packageRows(diff: Diff): DiffRow[] {
  return diff.modules.flatMap((m) =>
    m.packages.map((p) => ({
      ...p,
      name: p.path,
      note: p.oldPath === undefined ? note(p.change) : `was ${p.oldPath}`,
    })),
  );
}

/** The packages are listed where the references leave room for it, else counted. */
function reasonRows(diff: Diff, { terminal: t, top }: DiffTextOptions): DiffRow[] {
  const all = reasons(diff);
  const longest = Math.max(0, ...all.slice(0, top ?? ROWS).map((reason) => textWidth(reason.text)));
  const room = t.cut ? Math.min(NOTE, t.width - longest - FIGURES) : NOTE;
  return all.map((reason) => {
    const list = packageList(reason, room);
    const count = reason.packages.length;
    const note = list.length <= room ? list : count > 1 ? `${formatExact(count)} packages` : "";
    const name = t.cut ? shortEdge(reason.text, t.width - FIGURES - (room > 0 ? room : COUNT)) : reason.text;
    return { name, delta: reason.delta, note };
  });
}

/** Shortens both ends alike, so that the arrow stays. */
function shortEdge(text: string, width: number): string {
  const ends = text.split(" → ");
  if (textWidth(text) <= width || ends.length !== 2) return text;
  const half = Math.floor((width - 3) / 2);
  const [from, to] = ends.map(textWidth);
  const left = to < half ? width - 3 - to : from < half ? from : half;
  return `${shorten(ends[0], left)} → ${shorten(ends[1], width - 3 - Math.min(left, from))}`;
}

/** Overhead in one row, for its names are the format's; none if nothing changed. */
export function overheadRow(diff: Diff): DiffRow[] {
  if (diff.overhead.length === 0) return [];
  const add = (key: "old" | "new" | "delta"): number => diff.overhead.reduce((sum, row) => sum + row[key], 0);
  return [{ name: "(overhead)", old: add("old"), new: add("new"), delta: add("delta") }];
}

/** Symbols that a programmer has named, or the compiler after them: no debug information, no bytes without a name. */
export function symbolRows(diff: Diff): DiffRow[] {
  const rows: DiffRow[] = [];
  for (const m of diff.modules) {
    for (const p of m.packages) {
      for (const s of p.symbols ?? []) {
        if (s.name === "" || s.letter === "?" || s.delta === 0) continue;
        const name = nameOf(s.name, p.path);
        rows.push({ ...s, name, note: s.oldName === undefined ? note(s.change) : `was ${s.oldName}` });
      }
    }
  }
  return rows;
}

function coloured(t: Terminal, delta: number, text: string): string {
  return delta === 0 ? text : paint(t, delta > 0 ? RED : GREEN, text);
}

function rowsTable({ title, rows: all }: Section, top: number, options: DiffTextOptions): string[] {
  const { terminal: t, exact } = options;
  const size = exact ? formatExact : formatBytes;
  const rows = all.slice(0, top);
  const columns: Column[] = [
    { title: "CHANGE", right: true, paint: (text, row) => coloured(t, rows[row].delta, text) },
    { title: "OLD", right: true },
    { title: "NEW", right: true },
    { title, flexible: true },
    { title: "", paint: (text) => dim(t, text) },
  ];
  const amount = (bytes: number | undefined): string => (bytes === undefined ? "" : bytes === 0 ? "·" : size(bytes));
  const lines = table(
    t,
    columns,
    rows.map((row) => [
      formatDelta(row.delta, exact),
      amount(row.old),
      amount(row.new),
      visible(row.name),
      shorten(visible(row.note ?? ""), NOTE),
    ]),
  );
  const rest = all.slice(top);
  if (rest.length > 0) {
    const sum = rest.reduce((total, row) => total + row.delta, 0);
    lines.push(dim(t, `… and ${formatExact(rest.length)} more, ${formatDelta(sum, exact)}`));
  }
  return lines;
}
