// HCL as docker-bake files write it → trees: blocks are mappings by their types and labels, expressions that are no plain value are
// their own text. Format: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
import { snippetOf } from "./text.ts";
import type { Entry, Mapping, Scalar, Tree } from "./tree.ts";
import { Unreadable } from "./unreadable.ts";

const MAX_DEPTH = 50;

export function readHcl(text: string): Tree {
  const reader = new Reader(text);
  return merged(reader.body(0, false));
}

/** Blocks of one type and label stand in one mapping. */
function merged(entries: readonly Entry[]): Mapping {
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    const old = byName.get(entry.key.text);
    if (old?.value.kind === "mapping" && entry.value.kind === "mapping") {
      const value = merged([...old.value.entries, ...entry.value.entries]);
      byName.set(entry.key.text, { key: old.key, value: { ...value, start: old.value.start, end: entry.value.end } });
    } else byName.set(entry.key.text, entry);
  }
  const all = [...byName.values()];
  return { kind: "mapping", entries: all, start: all[0]?.key.start ?? 0, end: all.at(-1)?.value.end ?? 0 };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Attributes and blocks, up to "}" or the end. */
  body(depth: number, isInner: boolean): Entry[] {
    if (depth > MAX_DEPTH) throw this.#wrong("nested too deeply");
    const entries: Entry[] = [];
    for (;;) {
      this.#space(true);
      if (this.#at >= this.#text.length) {
        if (isInner) throw this.#wrong('"}" is missing');
        return entries;
      }
      if (this.#text[this.#at] === "}") {
        if (!isInner) throw this.#wrong('a "}" too many');
        return entries;
      }
      entries.push(this.#item(depth));
    }
  }

  #item(depth: number): Entry {
    const key = this.#name();
    this.#space(false);
    if (this.#text[this.#at] === "=" || this.#text[this.#at] === ":") {
      this.#at++;
      return { key, value: this.#expression(depth) };
    }
    const labels: Scalar[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "{") {
      labels.push(this.#name());
      this.#space(false);
    }
    const start = this.#at++;
    const entries = this.body(depth + 1, true);
    this.#at++;
    let value: Mapping = { kind: "mapping", entries, start, end: this.#at };
    for (const label of labels.toReversed()) value = { ...value, entries: [{ key: label, value }] };
    return { key, value };
  }

  #name(): Scalar {
    if (this.#text[this.#at] === '"') return this.#string();
    const word = /[A-Za-z_][\w-]*/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text);
    if (!found) throw this.#wrong("no name where one is needed");
    const start = this.#at;
    this.#at = word.lastIndex;
    return this.#scalar(found[0], start, this.#at);
  }

  #scalar(text: string, start: number, end: number): Scalar {
    const quote = this.#text[start] === '"' ? 1 : 0;
    return { kind: "scalar", text, start, end, snippet: () => snippetOf(this.#text, start + quote, end - quote) };
  }

  #string(): Scalar {
    const start = this.#at++;
    let value = "";
    for (; this.#text[this.#at] !== '"'; this.#at++) {
      const c = this.#text[this.#at];
      if (c === undefined || c === "\n") throw this.#wrong("a string without end");
      if (c === "\\") value += this.#text[++this.#at] ?? "";
      else if (c === "$" && this.#text[this.#at + 1] === "{") {
        const end = this.#closing(this.#at + 1);
        value += this.#text.slice(this.#at, end);
        this.#at = end - 1;
      } else value += c;
    }
    this.#at++;
    return this.#scalar(value, start, this.#at);
  }

  #expression(depth: number): Tree {
    if (depth > MAX_DEPTH) throw this.#wrong("nested too deeply");
    this.#space(false);
    const start = this.#at;
    const simple = this.#simple(depth);
    this.#space(false);
    if (simple && (this.#at >= this.#text.length || /[\n,\]}]/.test(this.#text[this.#at]))) return simple;
    // an operator, a call, a condition: taken as it is written
    this.#at = start;
    while (this.#at < this.#text.length && !/[\n,\]}]/.test(this.#text[this.#at])) {
      const c = this.#text[this.#at];
      if (c === '"') this.#string();
      else if (c === "(" || c === "[" || c === "{") this.#at = this.#closing(this.#at);
      else this.#at++;
    }
    return this.#scalar(this.#text.slice(start, this.#at).trim(), start, this.#at);
  }

  #simple(depth: number): Tree | undefined {
    const start = this.#at;
    const c = this.#text[start];
    if (c === '"') return this.#string();
    if (c === "[") {
      this.#at++;
      const items: Tree[] = [];
      for (this.#space(true); this.#text[this.#at] !== "]"; this.#space(true)) {
        if (this.#at >= this.#text.length) throw this.#wrong('"]" is missing');
        if (this.#text[this.#at] === ",") this.#at++;
        else {
          const before = this.#at;
          items.push(this.#expression(depth + 1));
          if (this.#at === before) throw this.#wrong("cannot be read here");
        }
      }
      this.#at++;
      return { kind: "sequence", items, start, end: this.#at };
    }
    if (c === "{") {
      this.#at++;
      const entries: Entry[] = [];
      for (this.#space(true); this.#text[this.#at] !== "}"; this.#space(true)) {
        if (this.#at >= this.#text.length) throw this.#wrong('"}" is missing');
        if (this.#text[this.#at] === ",") this.#at++;
        else entries.push(this.#item(depth + 1));
      }
      this.#at++;
      return { kind: "mapping", entries, start, end: this.#at };
    }
    if (c === "<" && this.#text[start + 1] === "<") return this.#heredoc();
    const word = /[\w.-]+/y;
    word.lastIndex = start;
    const found = word.exec(this.#text);
    if (!found) return undefined;
    this.#at = word.lastIndex;
    return this.#scalar(found[0], start, this.#at);
  }

  #heredoc(): Scalar {
    const start = this.#at;
    const head = /<<-?([A-Za-z_]\w*)[^\n]*\n/y;
    head.lastIndex = start;
    const found = head.exec(this.#text);
    if (!found) throw this.#wrong("cannot be read here");
    const from = head.lastIndex;
    for (let line = from; line < this.#text.length;) {
      const end = this.#text.indexOf("\n", line);
      const stop = end < 0 ? this.#text.length : end;
      if (this.#text.slice(line, stop).trim() === found[1]) {
        this.#at = stop;
        return this.#scalar(this.#text.slice(from, line), start, stop);
      }
      line = stop + 1;
    }
    throw this.#wrong("a heredoc without end");
  }

  /** Behind the bracket that closes the one at `from`; strings are respected. */
  #closing(from: number): number {
    let depth = 0;
    for (let i = from; i < this.#text.length; i++) {
      const c = this.#text[i];
      if (c === '"') {
        for (i++; i < this.#text.length && this.#text[i] !== '"'; i++) if (this.#text[i] === "\\") i++;
      } else if ("([{".includes(c)) depth++;
      else if (")]}".includes(c) && --depth === 0) return i + 1;
    }
    throw this.#wrong("a bracket is not closed");
  }

  /** Skips blanks and comments; line ends too, if they mean nothing here. */
  #space(lines: boolean): void {
    for (; this.#at < this.#text.length;) {
      const c = this.#text[this.#at];
      if (c === " " || c === "\t" || c === "\r" || c === "\ufeff" || (lines && c === "\n")) this.#at++;
      else if (c === "#" || (c === "/" && this.#text[this.#at + 1] === "/")) {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (c === "/" && this.#text[this.#at + 1] === "*") {
        const end = this.#text.indexOf("*/", this.#at);
        this.#at = end < 0 ? this.#text.length : end + 2;
      } else return;
    }
  }

  #wrong(what: string): Unreadable {
    return new Unreadable(what, this.#text.slice(0, this.#at).split("\n").length);
  }
}
