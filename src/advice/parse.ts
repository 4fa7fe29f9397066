// Text of a knowledge file → its entries, or what is wrong with it and where.
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type FileName, SCHEMAS } from "./schema.ts";

export interface Problem {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type Parsed<K extends FileName> =
  | { readonly entries: z.infer<(typeof SCHEMAS)[K]> }
  | { readonly problems: readonly Problem[] };

export function parseKnowledge<K extends FileName>(name: K, text: string): Parsed<K> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, message };
  };
  if (document.errors.length > 0)
    return { problems: document.errors.map((e) => at(e.pos[0], e.message.split("\n")[0])) };

  const parsed = SCHEMAS[name].safeParse(document.toJS());
  if (parsed.success) return { entries: parsed.data as z.infer<(typeof SCHEMAS)[K]> };
  const problems = parsed.error.issues.map((issue) => {
    // what is missing has no place of its own: that of what it is missing from
    let depth = issue.path.length;
    let node: unknown;
    do node = document.getIn(issue.path.slice(0, depth), true);
    while (node === undefined && depth-- > 0);
    const { range } = (node ?? {}) as { range?: readonly number[] };
    return at(range?.[0] ?? 0, `${issue.path.join(".")}: ${issue.message}`);
  });
  return { problems };
}
