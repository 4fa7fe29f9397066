// Edits of YAML that keep its formatting and comments.
import type { Mapping, Tree } from "../../buildfiles/tree.ts";
import type { Found } from "./finding.ts";

/** One more entry of a block mapping, behind its first one. */
export function addEntry(text: string, { entries: [first] }: Mapping, entry: string): Found["fix"] {
  if (!first) return undefined;
  const { start } = first.key;
  const indent = indentOf(text, start);
  if (indent === undefined) return undefined;
  const lineEnd = text.indexOf("\n", start);
  // an entry of one line has its end there, and perhaps a comment
  if (first.value.kind === "scalar" && lineEnd >= first.value.end) {
    const at = text[lineEnd - 1] === "\r" ? lineEnd - 1 : lineEnd;
    return [{ start: at, end: at, text: `\n${indent}${entry}` }];
  }
  return [{ start, end: start, text: `${entry}\n${indent}` }];
}

/** One more item in front of those of a block sequence. */
export function addItem(text: string, list: Tree | undefined, item: string): Found["fix"] {
  const first = list?.kind === "sequence" ? list.items[0] : undefined;
  if (!first) return undefined;
  const line = text.slice(text.lastIndexOf("\n", first.start - 1) + 1, first.start);
  if (!/^\s*-\s+$/.test(line)) return undefined;
  return [{ start: first.start, end: first.start, text: `${item}\n${line}` }];
}

/** What stands in front of the other entries of a mapping, by its first one, which may stand behind "- ". */
function indentOf(text: string, start: number): string | undefined {
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return /^\s*(?:-\s+)?$/.test(line) ? line.replace("-", " ") : undefined;
}
