// What is wrong with the text of a knowledge file, and where.
import { LineCounter, parseDocument } from "yaml";
import { type FileName, SCHEMAS } from "../../src/advice/schema.ts";

export interface Problem {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function problemsOf(name: FileName, text: string): Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, message };
  };
  if (document.errors.length > 0) return document.errors.map((e) => at(e.pos[0], e.message.split("\n")[0]));
  const parsed = SCHEMAS[name].safeParse(document.toJS());
  return (parsed.error?.issues ?? []).map((issue) => {
    // what is missing has no place of its own: that of what it is missing from
    let depth = issue.path.length;
    let node: unknown;
    do node = document.getIn(issue.path.slice(0, depth), true);
    while (node === undefined && depth-- > 0);
    const { range } = (node ?? {}) as { range?: readonly number[] };
    return at(range?.[0] ?? 0, `${issue.path.join(".")}: ${issue.message}`);
  });
}
