// What a terminal can do, and text laid out for it: width of characters, colour, columns.

export interface Terminal {
  readonly colour: boolean;
  /** Columns; names are cut to fit only where `cut` is set. */
  readonly width: number;
  readonly cut: boolean;
}

const DEFAULT_WIDTH = 100;

/** Reads NO_COLOR, FORCE_COLOR, TERM and COLUMNS; colour is for terminals only, unless it is forced. */
export function terminalOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY === true;
  const forced = env["FORCE_COLOR"];
  let colour = isTerminal && env["TERM"] !== "dumb";
  if (forced !== undefined) colour = forced !== "0" && forced !== "false";
  if (env["NO_COLOR"]) colour = false;
  const columns = Number(env["COLUMNS"]) || stream.columns || 0;
  const width = columns >= 20 ? Math.min(columns, 400) : DEFAULT_WIDTH;
  return { colour, width, cut: isTerminal || Number(env["COLUMNS"]) >= 20 };
}

export function bold(t: Terminal, text: string): string {
  return t.colour ? `\x1b[1m${text}\x1b[22m` : text;
}

export function dim(t: Terminal, text: string): string {
  return t.colour ? `\x1b[2m${text}\x1b[22m` : text;
}

/** Foreground of the xterm-256 palette. */
export function paint(t: Terminal, ansi: number, text: string): string {
  return t.colour ? `\x1b[38;5;${ansi}m${text}\x1b[39m` : text;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{M}/u;

/** Columns that a text without control characters takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (char < "\u0300") width++;
    else if (WIDE.test(char)) width += 2;
    else if (!COMBINING.test(char)) width++;
  }
  return width;
}

/** Shortens the middle of a text to at most `width` columns: both ends of an import path tell more than its middle. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const chars = Array.from(text);
  const tail = Math.floor((width - 1) / 2);
  let end = chars.length;
  let used = 0;
  while (end > 0 && used + textWidth(chars[end - 1]) <= tail) used += textWidth(chars[--end]);
  let begin = 0;
  used++;
  while (begin < end && used + textWidth(chars[begin]) <= width) used += textWidth(chars[begin++]);
  return `${chars.slice(0, begin).join("")}…${chars.slice(end).join("")}`;
}

export interface Column {
  readonly title: string;
  readonly right?: boolean;
  /** Takes what is left of the width; its cells are shortened. The last such column of a table counts. */
  readonly flexible?: boolean;
  readonly paint?: (text: string, row: number) => string;
}

/** Lines of a table, header first; columns without any cell are left out. Cells must be printable text. */
export function table(t: Terminal, columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const used = columns.map((_, c) => c).filter((c) => rows.some((row) => row[c] !== ""));
  const widths = columns.map((column, c) =>
    rows.reduce((w, row) => Math.max(w, textWidth(row[c])), textWidth(column.title)),
  );
  const flexible = used.findLast((c) => columns[c].flexible);
  if (t.cut && flexible !== undefined) {
    const fixed = used.reduce((sum, c) => sum + (c === flexible ? 0 : widths[c]), 0) + 2 * (used.length - 1);
    widths[flexible] = Math.min(widths[flexible], Math.max(12, t.width - fixed));
  }
  const line = (cells: readonly string[], row: number): string => {
    const filled = used.slice(0, used.findLastIndex((c) => cells[c] !== "") + 1);
    const painted = filled.map((c, place) => {
      const text = c === flexible && t.cut ? shorten(cells[c], widths[c]) : cells[c];
      const pad = " ".repeat(Math.max(0, widths[c] - textWidth(text)));
      const shown = row < 0 ? dim(t, text) : (columns[c].paint?.(text, row) ?? text);
      if (columns[c].right) return pad + shown;
      return place === filled.length - 1 ? shown : shown + pad;
    });
    return painted.join("  ");
  };
  return [
    line(
      columns.map((c) => c.title),
      -1,
    ),
    ...rows.map((row, r) => line(row, r)),
  ];
}
