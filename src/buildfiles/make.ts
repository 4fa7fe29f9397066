// Makefiles: recipes with variables put in, as GNU make reads them (https://www.gnu.org/software/make/manual/make.html). What only a run
// would tell ($(shell …), automatic variables, what stands in conditionals) is unknown.
import { type Command, readShell } from "./shell.ts";
import { OPEN, type Snippet, SnippetBuilder, type Span } from "./text.ts";

export interface Recipe extends Span {
  /** As written in front of the colon. */
  readonly heading: string;
  readonly targets: readonly string[];
  /** What is made first. */
  readonly needs: readonly string[];
  readonly commands: readonly Command[];
}

const ASSIGNMENT =
  /^\s*((?:(?:export|override|private|unexport)\s+)*)([\w.-]+)\s*(\?=|:{1,3}=|\+=|!=|=)[ \t]*([^\n]*)$/s;
const CONDITIONAL = /^\s*(?:ifeq|ifneq|ifdef|ifndef|else|endif)\b/;
/** Longest text that variables of variables may grow to, and how deep they may lie. */
const MAX_EXPANDED = 1 << 16;
const MAX_DEPTH = 20;

class Variables {
  /** As written; undefined: unknown. */
  readonly #values = new Map<string, string | undefined>();
  readonly exported = new Set<string>();
  exportsAll = false;

  set(name: string, operator: string, value: string, isConditional: boolean): void {
    const old = this.#values.get(name);
    const isKnown = this.#values.has(name);
    if (operator === "!=" || (isConditional && isKnown)) this.#values.set(name, undefined);
    else if (operator === "+=" && isKnown) this.#values.set(name, old === undefined ? undefined : `${old} ${value}`);
    else if (operator !== "?=" || !isKnown)
      this.#values.set(name, isConditional && operator === "+=" ? undefined : value);
  }

  forget(name: string): void {
    this.#values.set(name, undefined);
  }

  /** The value with all variables put in; OPEN for what is unknown. */
  value(name: string, depth = 0): string {
    if (!this.#values.has(name)) return WELL_KNOWN[name] ?? OPEN;
    const text = this.#values.get(name);
    return text === undefined || depth > MAX_DEPTH ? OPEN : this.expand(text, depth);
  }

  /** A text with all variables put in; OPEN for what is unknown. */
  expand(text: string, depth = 0): string {
    let size = 0;
    return text.replace(REFERENCE, (whole, ...groups: (string | undefined)[]) => {
      const inner = groups[0] ?? groups[1] ?? groups[2] ?? "";
      if (whole === "$$") return "$$";
      const put = size > MAX_EXPANDED ? OPEN : this.reference(inner, depth + 1);
      size += put.length;
      return put;
    });
  }

  /** What stands for "$(inner)". */
  reference(inner: string, depth = 0): string {
    return /^[\w.-]+$/.test(inner) ? this.value(inner, depth) : OPEN;
  }

  /** Those that recipes see in their environment. */
  environment(): Map<string, string | undefined> {
    const env = new Map<string, string | undefined>();
    for (const name of this.exportsAll ? this.#values.keys() : this.exported) {
      const value = this.value(name);
      env.set(name, value.includes(OPEN) ? undefined : value.replaceAll("$$", "$"));
    }
    return env;
  }
}

const WELL_KNOWN: Readonly<Record<string, string>> = { GO: "go", MAKE: "make", SHELL: "/bin/sh" };

/** "$$", "$(…)", "${…}", "$x"; brackets within one another up to two levels. */
const REFERENCE =
  /\$(?:\$|\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)|\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}|([^\s({$]))/g;

/** Logical lines: a backslash at the end joins the next one. */
function logicalLines(text: string): Span[] {
  const lines: Span[] = [];
  for (let start = 0; start < text.length;) {
    let end = text.indexOf("\n", start);
    while (end > start && /\\\r?$/.test(text.slice(Math.max(start, end - 2), end))) end = text.indexOf("\n", end + 1);
    if (end < 0) end = text.length;
    lines.push({ start, end });
    start = end + 1;
  }
  return lines;
}

export function readMakefile(text: string): Recipe[] {
  const variables = new Variables();
  const rules: { heading: string; needs: string; start: number; end: number; lines: Span[] }[] = [];
  let rule: (typeof rules)[number] | undefined;
  let conditionals = 0;
  let isDefinition = false;
  for (const { start, end } of logicalLines(text)) {
    const line = text.slice(start, end).replace(/\r$/, "");
    if (isDefinition || /^\s*define\b/.test(line)) {
      const name = /^\s*define\s+([\w.-]+)/.exec(line)?.[1];
      if (name !== undefined) variables.forget(name);
      isDefinition = !/^\s*endef\b/.test(line);
      continue;
    }
    if (line.startsWith("\t") && rule) {
      rule.lines.push({ start: start + 1, end });
      rule.end = end;
      continue;
    }
    if (CONDITIONAL.test(line)) {
      if (/^\s*if/.test(line)) conditionals++;
      else if (/^\s*endif/.test(line)) conditionals = Math.max(0, conditionals - 1);
      continue;
    }
    const assignment = ASSIGNMENT.exec(line);
    if (assignment) {
      const [, words, name, operator, value] = assignment;
      variables.set(name, operator, withoutComment(value), conditionals > 0);
      if (/\bexport\b/.test(words)) variables.exported.add(name);
      continue;
    }
    const exported = /^export\b(.*)$/.exec(line);
    if (exported) {
      const names = exported[1].split(/\s+/).filter(Boolean);
      if (names.length === 0) variables.exportsAll = true;
      for (const name of names) variables.exported.add(name);
      continue;
    }
    const head = /^([^\s#:=][^:=#]*?)\s*&?::?(?!=)([^\n]*)$/s.exec(line);
    if (!head) continue;
    // "target: NAME = value" is for that target alone
    const own = ASSIGNMENT.exec(head[2]);
    if (own) {
      variables.forget(own[2]);
      continue;
    }
    const semicolon = head[2].indexOf(";");
    const needs = withoutComment(semicolon < 0 ? head[2] : head[2].slice(0, semicolon));
    rule = { heading: head[1], needs, start, end, lines: [] };
    if (semicolon >= 0) rule.lines.push({ start: end - head[2].length + semicolon + 1, end });
    rules.push(rule);
  }
  const env = variables.environment();
  const named = (text: string): string[] =>
    variables
      .expand(text)
      .split(/[\s|]+/)
      .filter((name) => name !== "" && !name.includes(OPEN));
  return rules.map(({ heading, needs, start, end, lines }) => ({
    heading,
    targets: named(heading),
    needs: named(needs),
    start,
    end,
    commands: lines.flatMap((line) => readShell(recipeLine(text, line, variables), { env })),
  }));
}

function withoutComment(value: string): string {
  return value
    .replaceAll(/\\\r?\n\s*/g, " ")
    .replace(/\s+#.*$/s, "")
    .trim();
}

/** A line of a recipe as the shell sees it. */
function recipeLine(text: string, { start, end }: Span, variables: Variables): Snippet {
  let from = start;
  while (from < end && /[@+\-\s]/.test(text[from])) from++;
  const made = new SnippetBuilder(text);
  made.copy(from, end);
  return made.done().replace(REFERENCE, ([whole, round, curly, single]) => {
    if (whole === "$$") return "$";
    return variables.reference(round ?? curly ?? single).replaceAll("$$", "$");
  });
}
