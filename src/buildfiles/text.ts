// Places in the text of a build file. Offsets count UTF-16 units from the start of the file's text.

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface Source {
  /** As the user would write it, "/" between elements. */
  readonly path: string;
  readonly text: string;
}

/** Stands in expanded text for what cannot be known from the files. */
export const OPEN = "\ufffc";

/** A piece of a file as some language reads it: escapes undone, variables put in; each character knows where it comes from. */
export class Snippet {
  readonly text: string;
  /** The whole file. */
  readonly source: string;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(source: string, text: string, starts: Int32Array, ends: Int32Array) {
    this.source = source;
    this.text = text;
    this.#starts = starts;
    this.#ends = ends;
  }

  /** Where in the file characters [from, to) come from; an empty stretch lies in front of `from`. */
  span(from: number, to: number): Span {
    const { length } = this.#starts;
    if (length === 0) return { start: 0, end: 0 };
    const start = from < length ? this.#starts[from] : this.#ends[length - 1];
    return { start, end: to > from ? this.#ends[Math.min(to, length) - 1] : start };
  }

  /** Whether characters [from, to) stand in the file just so: then an edit of the file does what it looks like. */
  isLiteral(from: number, to: number): boolean {
    const { start, end } = this.span(from, to);
    return end - start === to - from && this.source.slice(start, end) === this.text.slice(from, to);
  }

  /** Characters [from, to) alone. */
  slice(from: number, to: number): Snippet {
    return new Snippet(
      this.source,
      this.text.slice(from, to),
      this.#starts.subarray(from, to),
      this.#ends.subarray(from, to),
    );
  }

  /** Puts values in for what a pattern (global) matches; undefined leaves it as it is. */
  replace(pattern: RegExp, value: (match: RegExpExecArray) => string | undefined): Snippet {
    const made = new SnippetBuilder(this.source);
    let done = 0;
    for (const match of this.text.matchAll(pattern)) {
      const text = value(match);
      if (text === undefined) continue;
      made.append(this, done, match.index);
      done = match.index + match[0].length;
      made.put(text, this.span(match.index, done));
    }
    if (done === 0) return this;
    made.append(this, done, this.text.length);
    return made.done();
  }
}

/** Collects a snippet. */
export class SnippetBuilder {
  readonly #source: string;
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Characters [start, end) of the file as they are. */
  copy(start: number, end: number): void {
    if (end <= start) return;
    this.#parts.push(this.#source.slice(start, end));
    for (let i = start; i < end; i++) {
      this.#starts.push(i);
      this.#ends.push(i + 1);
    }
  }

  /** Text that stands for a stretch of the file. */
  put(text: string, span: Span): void {
    this.#parts.push(text);
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(span.start);
      this.#ends.push(span.end);
    }
  }

  append(snippet: Snippet, from: number, to: number): void {
    this.#parts.push(snippet.text.slice(from, to));
    for (let i = from; i < to; i++) {
      const { start, end } = snippet.span(i, i + 1);
      this.#starts.push(start);
      this.#ends.push(end);
    }
  }

  done(): Snippet {
    const text = this.#parts.join("");
    return new Snippet(this.#source, text, Int32Array.from(this.#starts), Int32Array.from(this.#ends));
  }
}

/** Characters [start, end) of a file as they are. */
export function snippetOf(source: string, start: number, end: number): Snippet {
  const made = new SnippetBuilder(source);
  made.copy(start, end);
  return made.done();
}

/** Offsets → lines and columns, both from 1. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#starts[low] + 1 };
  }

  /** Offset of a line's first character. */
  startOf(line: number): number {
    return this.#starts[Math.min(Math.max(line, 1), this.#starts.length) - 1];
  }
}
