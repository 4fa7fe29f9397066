// Comments that say that something is meant: "# pare:ignore B001" on a line of the finding, or on lines of its own in front of it.

const COMMENT = /(?:#|\/\/)\s*pare:ignore\b:?\s*([A-Za-z0-9-]+(?:[\s,]+[A-Za-z0-9-]+)*)/;

/** Answers whether a finding of a code, by number or name, on these lines is suppressed. */
export function suppressions(text: string): (line: number, endLine: number, code: string) => boolean {
  if (!text.includes("pare:ignore")) return () => false;
  const byLine = new Map<number, Set<string>>();
  const waiting = new Set<string>();
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    const found = COMMENT.exec(line);
    const codes = found ? found[1].split(/[\s,]+/) : [];
    const isAlone = found !== null && line.slice(0, found.index).trim() === "";
    const isComment = /^\s*(?:#|\/\/|$)/.test(line);
    if (isAlone) for (const code of codes) waiting.add(code);
    else if (found || (!isComment && waiting.size > 0)) byLine.set(number, new Set([...codes, ...waiting]));
    if (!isComment) waiting.clear();
  }
  return (line, endLine, code) => {
    for (let at = line; at <= endLine; at++) if (byLine.get(at)?.has(code)) return true;
    return false;
  };
}
