// YAML and JSON → trees with places.
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import { type Snippet, SnippetBuilder, snippetOf } from "./text.ts";
import type { Entry, Scalar, Tree } from "./tree.ts";
import { Unreadable } from "./unreadable.ts";

const MAX_DEPTH = 100;
const MAX_NODES = 200_000;

/** The first document of a text; undefined if there is none. Throws Unreadable. */
export function readYaml(text: string): Tree | undefined {
  checkDepth(text);
  const lines = new LineCounter();
  // aliases are followed as references, never copied, so that they cannot grow
  const options = {
    lineCounter: lines,
    uniqueKeys: false,
    merge: false,
    logLevel: "silent" as const,
    prettyErrors: false,
  };
  const [document] = parseAllDocuments(text, options);
  if (document === undefined || !("contents" in document)) return undefined;
  const [error] = document.errors;
  if (error)
    throw new Unreadable(error.message.split("\n")[0].replace(/ at line \d+.*$/, ""), lines.linePos(error.pos[0]).line);
  return document.contents === null ? undefined : new Converter(text).tree(document.contents, 0);
}

/** The parser recurses: brackets and indentation that no build file has are refused first. */
function checkDepth(text: string): void {
  let depth = 0;
  let line = 1;
  let lineStart = true;
  let indentSteps = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      line++;
      lineStart = true;
      indentSteps = 0;
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > MAX_DEPTH) throw new Unreadable(`nested deeper than ${MAX_DEPTH} levels`, line);
    } else if (c === 0x5d || c === 0x7d) {
      depth = Math.max(0, depth - 1);
    }
    if (lineStart && c !== 10) {
      // "- - - - x" and "? ? ? x" nest too, and so do deep indents
      if (c === 0x20 || c === 0x2d || c === 0x3f) {
        if (++indentSteps > 4 * MAX_DEPTH) throw new Unreadable(`nested deeper than ${MAX_DEPTH} levels`, line);
      } else lineStart = false;
    }
  }
}

class Converter {
  readonly #text: string;
  readonly #anchors = new Map<string, Tree>();
  #nodes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  tree(node: Node, depth: number): Tree {
    if (depth > 2 * MAX_DEPTH || ++this.#nodes > MAX_NODES) throw new Unreadable("larger than any build file");
    const made = this.#convert(node, depth);
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, made);
    return made;
  }

  #convert(node: Node, depth: number): Tree {
    const [start, valueEnd] = node.range ?? [0, 0, 0];
    if (isAlias(node)) return this.#anchors.get(node.source) ?? this.#nothing(start, valueEnd);
    if (isMap(node)) {
      const entries: Entry[] = [];
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = this.#scalar(pair.key as Node);
        const value = pair.value === null ? this.#nothing(key.end, key.end) : this.tree(pair.value as Node, depth + 1);
        entries.push({ key, value });
      }
      return { kind: "mapping", entries, start, end: valueEnd };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.tree(item as Node, depth + 1));
      return { kind: "sequence", items, start, end: valueEnd };
    }
    return this.#scalar(node);
  }

  #nothing(start: number, end: number): Scalar {
    return { kind: "scalar", text: "", start, end, snippet: () => snippetOf(this.#text, start, start) };
  }

  #scalar(node: Node): Scalar {
    const [start, end] = node.range ?? [0, 0, 0];
    const { value, source, type } = node as { value?: unknown; source?: string; type?: string };
    // "1.20" stays "1.20", and "on" is no boolean
    const text =
      typeof source === "string"
        ? source
        : typeof value === "string"
          ? value
          : value === null || value === undefined
            ? ""
            : typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
              ? String(value)
              : "";
    return { kind: "scalar", text, start, end, snippet: () => this.#snippet(start, end, type ?? "PLAIN", text) };
  }

  /** Where the characters of a scalar come from. */
  #snippet(start: number, end: number, type: string, value: string): Snippet {
    const source = this.#text;
    if (type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED") return this.#block(start, end, type === "BLOCK_FOLDED");
    const quote = type === "QUOTE_DOUBLE" ? '"' : type === "QUOTE_SINGLE" ? "'" : "";
    const raw = source.slice(start + quote.length, end - quote.length);
    if (raw === value) return snippetOf(source, start + quote.length, end - quote.length);
    // escapes and folded lines: what is not itself in the file stands for the next stretch of it
    const made = new SnippetBuilder(source);
    let from = start + quote.length;
    const stop = end - quote.length;
    for (let i = 0; i < value.length; i++) {
      while (from < stop && source[from] !== value[i] && /[\\'\s]/.test(source[from]) && !/\s/.test(value[i])) from++;
      if (source[from] === value[i]) {
        made.copy(from, from + 1);
        from++;
      } else {
        const length = source[from] === "\\" ? 2 : 0;
        made.put(value[i], { start: Math.min(from, stop), end: Math.min(from + length, stop) });
        from += length;
      }
    }
    return made.done();
  }

  /** "|" and ">": lines without their indentation. */
  #block(start: number, end: number, isFolded: boolean): Snippet {
    const source = this.#text;
    const made = new SnippetBuilder(source);
    let line = source.indexOf("\n", start) + 1;
    let indent = -1;
    while (line > 0 && line < end) {
      const next = source.indexOf("\n", line);
      const stop = next < 0 || next > end ? end : next;
      let first = line;
      while (first < stop && source[first] === " ") first++;
      if (first < stop && source[first] !== "\r") {
        if (indent < 0) indent = first - line;
        made.copy(Math.min(line + indent, first), stop);
      }
      if (next < 0 || next >= end) break;
      if (isFolded) made.put(" ", { start: next, end: next + 1 });
      else made.copy(next, next + 1);
      line = next + 1;
    }
    return made.done();
  }
}
