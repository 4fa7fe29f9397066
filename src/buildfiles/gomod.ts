// go.mod with places. Format: https://go.dev/ref/mod#go-mod-file
import type { Span } from "./text.ts";

export interface Requirement extends Span {
  readonly path: string;
  readonly version: string;
  readonly isIndirect: boolean;
}

export interface GoMod {
  readonly module: string;
  /** "1.24.0"; "" without. */
  readonly go: string;
  readonly requires: readonly Requirement[];
  /** What replaces: a module path or a directory. */
  readonly replaces: readonly { readonly old: string; readonly path: string }[];
  /** Packages of tool directives. */
  readonly tools: readonly string[];
  /** The module directive, where what concerns all of it is told. */
  readonly place: Span;
}

export function readGoMod(text: string): GoMod {
  let module = "";
  let go = "";
  const requires: Requirement[] = [];
  const replaces: { old: string; path: string }[] = [];
  const tools: string[] = [];
  let place: Span = { start: 0, end: 0 };
  let block = "";
  for (const line of text.matchAll(/[^\n]+/g)) {
    const comment = line[0].indexOf("//");
    const code = comment < 0 ? line[0] : line[0].slice(0, comment);
    const words = [...code.matchAll(/"((?:[^"\\]|\\.)*)"|`([^`]*)`|[^\s"`]+/g)].map((m) => m[1] ?? m[2] ?? m[0]);
    if (words.length === 0) continue;
    if (words[0] === ")") {
      block = "";
      continue;
    }
    const [verb, ...rest] = block === "" ? words : [block, ...words];
    if (rest[0] === "(") {
      block = verb;
      continue;
    }
    const first = line.index + line[0].search(/\S/);
    const span = { start: first, end: line.index + code.trimEnd().length };
    if (verb === "module") {
      module = rest[0] ?? "";
      place = span;
    } else if (verb === "go") {
      go = rest[0] ?? "";
    } else if (verb === "require" && rest.length >= 2) {
      requires.push({ path: rest[0], version: rest[1], isIndirect: /\/\/\s*indirect\b/.test(line[0]), ...span });
    } else if (verb === "replace") {
      const arrow = rest.indexOf("=>");
      if (arrow > 0 && rest[arrow + 1] !== undefined) replaces.push({ old: rest[0], path: rest[arrow + 1] });
    } else if (verb === "tool" && rest[0] !== undefined) {
      tools.push(rest[0]);
    }
  }
  return { module, go, requires, replaces, tools, place };
}
