// Documents as JSON: one line per document would be unreadable, one value per line twice the size; so one row per line.
import { safeJson } from "./escape.ts";

/**
 * A document as JSON text that ends in a newline. Top-level members and the rows of top-level lists stand on lines of their own, so
 * that the text can be read, searched and compared by line; control and bidi characters are escaped.
 */
export function jsonDocument(document: object): string {
  const members = Object.entries(document)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}: ${member(value)}`);
  return safeJson(`{\n${members.join(",\n")}\n}\n`);
}

function member(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value);
  return `[\n${value.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
}
