// What tag discovery found, for a terminal: tags with an effect, the best combination, and in a few lines all others.
import type { TagsDocument } from "../lab/tagsschema.ts";
import { visible } from "./escape.ts";
import { bold, type Column, dim, paint, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatDelta, formatExact, formatShare } from "./units.ts";

export interface TagsTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
}

type Row = TagsDocument["rows"][number];

const GREEN = 71;
const RED = 167;

export function tagsText(document: TagsDocument, { terminal: t, exact = false }: TagsTextOptions): string {
  const { base, rows, best, failing } = document;
  const size = (bytes: number): string => (exact ? `${formatExact(bytes)} bytes` : formatBytes(bytes));
  const lines = [`${bold(t, visible(document.subject))} · ${size(base)} with  ${visible(document.command)}`, ""];
  const shown = rows
    .filter(({ verdict }) => verdict.is !== "not measured" && !(verdict.is === "no effect" && verdict.by === "files"))
    .toSorted((a, b) => change(a) - change(b));
  const columns: Column[] = [
    { title: "TAG" },
    {
      title: "CHANGE",
      right: true,
      paint: (text) => paint(t, text.startsWith("-") ? GREEN : RED, text),
    },
    { title: "", right: true },
    { title: "", flexible: true, paint: (text) => dim(t, text) },
  ];
  const cells = shown.map((row) => {
    const delta = change(row);
    const name = row.change === "drop" ? `without ${row.tag}` : row.tag;
    const isNumber = row.verdict.is === "saves" || row.verdict.is === "costs";
    return [
      name,
      isNumber ? formatDelta(delta, exact) : row.verdict.is,
      isNumber ? formatShare(delta, base) : "",
      told(row),
    ].map(visible);
  });
  if (shown.length > 0) lines.push(...table(t, columns, cells));
  else lines.push("no tag that its packages read changes this program");
  if (best) {
    const saved = `${size(best.saves)} less (${formatShare(-best.saves, base)})`;
    lines.push("", `${bold(t, saved)} with the best of them together, built once more:`, `  ${visible(best.command)}`);
    for (const { tag, bytes } of best.beside)
      lines.push(dim(t, `  ${visible(tag)}: ${size(bytes)} of it, only beside the others`));
    for (const { tag, reason } of best.without) lines.push(dim(t, `  not ${visible(tag)}: ${visible(reason)}`));
  }
  if (failing.length > 0) {
    const last = `tests that fail without any change of tags, and say nothing of them: ${failing.map(visible).join(", ")}`;
    lines.push("", dim(t, last));
  }
  lines.push(...others(rows, t));
  return `${lines.join("\n")}\n`;
}

/** Bytes more than the program as it is; 0 if it has no figure. */
function change({ verdict }: Row): number {
  if (verdict.is === "saves") return -verdict.bytes;
  return verdict.is === "costs" ? verdict.bytes : 0;
}

function told(row: Row): string {
  const { verdict, removes, costs } = row;
  if (verdict.is === "does not build" || verdict.is === "breaks tests") return verdict.line;
  if (verdict.is === "no effect" || verdict.is === "not measured")
    return verdict.is === "no effect" ? verdict.text : verdict.reason;
  if (row.knowledge !== null && verdict.is === "saves") return `removes ${removes}; costs ${costs}`;
  const packages = new Set(row.readers.flatMap((reader) => (reader.effect === "none" ? [] : [reader.package])));
  const count = (effect: string): number => row.readers.filter((reader) => reader.effect === effect).length;
  const [removed, added] = [count("removed"), count("added")];
  const files = [
    removed > 0 ? `${removed} ${removed === 1 ? "file goes" : "files go"}` : "",
    added > 0 ? `${added} ${added === 1 ? "comes" : "come"} in` : "",
  ].filter((part) => part !== "");
  const [first, ...more] = packages;
  return `${files.join(", ")}: ${first}${more.length > 0 ? ` and ${more.length} more` : ""}`;
}

/** Tags that were not built, by reason: a few names of each. */
function others(rows: readonly Row[], t: Terminal): string[] {
  const byReason = new Map<string, string[]>();
  for (const { tag, verdict } of rows) {
    const reason =
      verdict.is === "not measured"
        ? verdict.reason
        : verdict.is === "no effect" && verdict.by === "files"
          ? "no file of this build comes or goes"
          : undefined;
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), tag]);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([reason, tags]) => {
    const names = tags.slice(0, 6).join(", ") + (tags.length > 6 ? ` and ${tags.length - 6} more` : "");
    return dim(t, `  ${visible(names)}: ${visible(reason)}`);
  });
  return ["", dim(t, "not built:"), ...lines];
}
