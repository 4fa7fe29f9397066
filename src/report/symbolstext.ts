// `pare symbols` → text: entries of the store as a table, addresses with their frames.
import type { ResolvedDocument, SymbolsDocument } from "../symbols/schema.ts";
import { visible } from "./escape.ts";
import { dim, table, type Terminal } from "./terminal.ts";
import { formatBytes } from "./units.ts";

/** The entries of a store, one a row; what was removed has a heading of its own. */
export function symbolsText(document: SymbolsDocument, terminal: Terminal, dryRun: boolean): string {
  const { entries, removed } = document;
  const lines: string[] = [];
  if (removed !== undefined) {
    const freed = formatBytes(removed.reduce((sum, { stored }) => sum + stored, 0));
    const verb = dryRun ? "would remove" : "removed";
    lines.push(removed.length === 0 ? "nothing to remove" : `${verb} ${removed.length}, ${freed}`);
    if (removed.length > 0) lines.push(...rows(removed, terminal), "");
    const kept = formatBytes(entries.reduce((sum, { stored }) => sum + stored, 0));
    lines.push(`${entries.length} left, ${kept}`);
  } else if (entries.length === 0) lines.push(`the store is empty: ${visible(document.store)}`);
  else lines.push(...rows(entries, terminal));
  return `${lines.join("\n")}\n`;
}

function rows(entries: SymbolsDocument["entries"], terminal: Terminal): string[] {
  const columns = [
    { title: "build ID", paint: (text: string) => dim(terminal, text) },
    { title: "name", flexible: true },
    { title: "target" },
    { title: "Go" },
    { title: "has" },
    { title: "stored", right: true },
    { title: "last used" },
  ];
  const cells = entries.map((entry) => [
    entry.id,
    visible(entry.name),
    visible(entry.target),
    visible(entry.goVersion),
    entry.parts.join(", "),
    formatBytes(entry.stored),
    entry.used.slice(0, 10),
  ]);
  return table(terminal, columns, cells);
}

/** One address a line, and one line more for each function that it was inlined into. */
export function resolvedText({ resolved }: ResolvedDocument): string {
  const width = Math.max(0, ...resolved.map(({ address }) => address.length));
  const lines = resolved.flatMap(({ address, frames }) => {
    if (frames.length === 0) return [`${address.padEnd(width)}  ??`];
    return frames.map((frame, i) => {
      const place = frame.line > 0 ? `  ${visible(frame.file)}:${frame.line}` : "";
      const lead = (i === 0 ? address : "").padEnd(width);
      return `${lead}  ${visible(frame.function)}${place}${frame.inlined ? "  (inlined)" : ""}`;
    });
  });
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
