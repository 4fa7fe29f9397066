// Snapshot or view → text for a terminal. The default report is made to be read: at most 40 lines.
import type { Profile } from "../ledger/profile.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import { hasSymbols, type Row, type View, view } from "../ledger/views.ts";
import { visible } from "./escape.ts";
import { buildFacts, evidenceFacts, sourceFacts } from "./headline.ts";
import { composition, hints } from "./hints.ts";
import { GROUPS, KIND_STYLES, sumGroup } from "./kinds.ts";
import { bold, type Column, dim, paint, shorten, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact, formatShare } from "./units.ts";

export interface TextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
}

const MAX_LINES = 40;
const MAX_HINTS = 3;
/** A pseudo-version keeps its base and the end of its commit. */
const VERSION_WIDTH = 20;

/** The default report, in at most 40 lines. Without symbols in the snapshot, and without the profile, it ends at packages. */
export function textReport(snapshot: Snapshot, options: TextOptions, profile?: Profile): string {
  const { terminal } = options;
  const head = [...headline(snapshot, options), "", ...compositionBar(snapshot, terminal)];
  const advice = [...snapshot.warnings.map((w) => `warning: ${w}`), ...hints(snapshot)].slice(0, MAX_HINTS);
  const foot = advice.length > 0 ? ["", ...advice.map((hint) => bullet(terminal, hint))] : [];
  // each of the three tables has a blank line, a header and a last line besides its rows
  const rows = (MAX_LINES - head.length - foot.length) / 3 - 3;
  const lines = [
    ...head,
    ...section(view(snapshot, { by: "module", top: Math.floor(rows) }), options),
    // overhead has its line in the table of modules
    ...section(view(snapshot, { by: "package", top: Math.ceil(rows), named: true }), options),
    ...(profile || hasSymbols(snapshot)
      ? section(view(snapshot, { by: "symbol", top: Math.floor(rows), named: true }, profile), options)
      : []),
    ...foot,
  ];
  return lines.join("\n") + "\n";
}

/** One view under the headline. */
export function textView(snapshot: Snapshot, rows: View, options: TextOptions): string {
  return [...headline(snapshot, options), ...section(rows, options)].join("\n") + "\n";
}

function bullet(t: Terminal, text: string): string {
  const safe = visible(text);
  return `${paint(t, 178, "→")} ${t.cut ? shorten(safe, t.width - 2) : safe}`;
}

function headline(snapshot: Snapshot, { terminal: t, exact }: TextOptions): string[] {
  const { file } = snapshot;
  const fit = (text: string): string => (t.cut ? shorten(text, t.width) : text);
  const size = exact ? `${formatExact(file.size)} bytes` : formatBytes(file.size);
  const count = exact ? "" : `  ${formatExact(file.size)} bytes`;
  const name = visible(file.name);
  const shown = t.cut ? shorten(name, t.width - size.length - count.length - 2) : name;
  const lines = [`${bold(t, shown)}  ${bold(t, size)}${dim(t, count)}`];
  lines.push(fit(visible(buildFacts(snapshot).join(" · "))));
  const source = visible(sourceFacts(snapshot).join(" · "));
  if (source !== "") lines.push(fit(source));
  const evidence = evidenceFacts(snapshot);
  if (evidence !== "") lines.push(dim(t, fit(evidence)));
  return lines;
}

/** A bar over the whole file, and its legend in at most two lines. */
function compositionBar(snapshot: Snapshot, t: Terminal): string[] {
  const { size } = snapshot.file;
  const parts = composition(snapshot);
  if (size === 0 || parts.length === 0) return [];
  const width = Math.min(t.width, 100);
  let bar = "";
  let bytes = 0;
  let filled = 0;
  for (const { kind, bytes: own } of parts) {
    bytes += own;
    const to = Math.round((width * bytes) / size);
    const style = KIND_STYLES[kind];
    bar += paint(t, style.ansi, (t.colour ? "█" : style.glyph).repeat(to - filled));
    filled = to;
  }
  const legend: string[] = [];
  let line = "";
  let used = 0;
  for (const { kind, bytes: own } of parts) {
    const style = KIND_STYLES[kind];
    const label = `${style.glyph} ${kind} ${formatShare(own, size)}`;
    if (used > 0 && used + 3 + label.length > width) {
      legend.push(line);
      line = "";
      used = 0;
      if (legend.length === 2) break;
    }
    line +=
      (used > 0 ? "   " : "") +
      `${paint(t, style.ansi, t.colour ? "█" : style.glyph)} ${kind} ${dim(t, formatShare(own, size))}`;
    used += (used > 0 ? 3 : 0) + label.length;
  }
  if (line !== "") legend.push(line);
  return [bar, ...legend];
}

const TITLES: { readonly [B in View["by"]]: string } = {
  module: "MODULE",
  package: "PACKAGE",
  symbol: "SYMBOL",
  kind: "KIND",
  section: "SECTION",
  file: "SOURCE FILE",
  embed: "EMBEDDED FILE",
};

/** A symbol's name; its package in brackets where the name does not hold it. */
export function nameOf(name: string, pkg: string | undefined): string {
  return pkg === undefined || name.includes(pkg) ? name : `${name} (${pkg})`;
}

/** Only what name and version do not tell already. */
function roleWord({ role }: Row): string {
  return role === undefined || role === "std" || role === "C" || role === "dependency" ? "" : role;
}

function section(rows: View, { terminal: t, exact }: TextOptions): string[] {
  const size = exact ? formatExact : formatBytes;
  const amount = (bytes: number): string => (bytes === 0 ? "·" : size(bytes));
  const columns: Column[] = [
    { title: "SIZE", right: true, paint: (text) => bold(t, text) },
    { title: "%", right: true },
  ];
  const cells: ((row: Row) => string)[] = [
    (row) => size(row.bytes),
    (row) => formatShare(row.bytes, rows.of).replace(" %", ""),
  ];
  const column = (c: Column, cell: (row: Row) => string): void => {
    columns.push(c);
    cells.push(cell);
  };
  if (rows.hasInlined) column({ title: "INLINED", right: true }, (row) => amount(row.inlined ?? 0));
  if (rows.hasMemory) column({ title: "+MEMORY", right: true }, (row) => amount(row.memory ?? 0));
  const { sort } = rows;
  if (sort !== "bytes" && sort !== "name" && sort !== "memory" && sort !== "inlined") {
    column({ title: sort, right: true }, (row) => amount(row.kinds[sort] ?? 0));
  }
  if (rows.by === "module" || rows.by === "package" || rows.by === "section") {
    for (const group of GROUPS) {
      if (rows.rows.some((row) => sumGroup(row.kinds, group) > 0)) {
        column({ title: group, right: true, paint: (text) => (text === "·" ? dim(t, text) : text) }, (row) =>
          amount(sumGroup(row.kinds, group)),
        );
      }
    }
  }
  if (rows.by === "symbol" || rows.by === "section")
    column({ title: "", paint: (text) => dim(t, text) }, (row) => row.letter ?? "");
  column({ title: TITLES[rows.by], flexible: true }, (row) =>
    visible(rows.by === "symbol" ? nameOf(row.name, row.package) : row.name),
  );
  if (rows.by === "module") {
    column({ title: "VERSION", paint: (text) => dim(t, text) }, (row) =>
      shorten(visible(row.version ?? ""), VERSION_WIDTH),
    );
    column({ title: "", paint: (text) => dim(t, text) }, (row) => roleWord(row));
  }
  if (rows.by === "kind")
    column(
      { title: "", paint: (text) => dim(t, text) },
      (row) => KIND_STYLES[row.name as keyof typeof KIND_STYLES].meaning,
    );
  if (rows.by === "embed") {
    column({ title: "PACKAGE" }, (row) => visible(row.package ?? ""));
    column({ title: "USED BY" }, (row) => visible(row.usedBy?.join(", ") ?? ""));
  }
  const lines =
    rows.rows.length === 0
      ? [dim(t, "nothing to show")]
      : table(
          t,
          columns,
          rows.rows.map((row) => cells.map((cell) => cell(row))),
        );
  if (rows.rest.rows > 0) lines.push(dim(t, `… and ${formatExact(rows.rest.rows)} more, ${size(rows.rest.bytes)}`));
  return ["", ...lines];
}
