// Shell as build files write it (POSIX.1-2024, "Shell Command Language"): simple commands with their environment and the loops around
// them. Nothing is run: what only a run would tell is OPEN.
import { OPEN, type Snippet, type Span } from "./text.ts";

export interface Word extends Span {
  /** Without quotes, variables put in. */
  readonly text: string;
  /** Something in it is unknown; OPEN stands in its place. */
  readonly isOpen: boolean;
  /** Variables that it names. */
  readonly variables: readonly string[];
  /** It stands in the file as the shell reads it, quotes and all. */
  readonly isLiteral: boolean;
}

export interface Assignment extends Span {
  readonly name: string;
  /** undefined: unknown. */
  readonly value: string | undefined;
  readonly variables: readonly string[];
}

export interface Loop extends Span {
  readonly variable: string;
  readonly values: readonly string[];
}

export interface Command extends Span {
  readonly words: readonly Word[];
  /** Those in front of it. */
  readonly assignments: readonly Assignment[];
  /** The environment: what is assigned in front, exported before, or set around the script. undefined: unknown. */
  readonly env: ReadonlyMap<string, string | undefined>;
  readonly loops: readonly Loop[];
  readonly isBackground: boolean;
  /** It lies within the quotes of another command's argument. */
  readonly isNested: boolean;
}

/** What is known around a script. */
export interface Scope {
  /** undefined: it is set, nobody knows to what. */
  readonly env: ReadonlyMap<string, string | undefined>;
}

interface Token extends Span {
  readonly kind: "word" | "operator";
  readonly text: string;
  readonly words: readonly Word[];
  /** Written without quotes and variables, so that it may be a keyword. */
  readonly isBare: boolean;
  readonly assignment?: Assignment;
}

const MAX_COMMANDS = 20_000;
const MAX_NESTED = 3;

/** All simple commands of a script, in the order in which they stand. */
export function readShell(snippet: Snippet, scope: Scope): Command[] {
  const found: Command[] = [];
  readInto(found, snippet, scope, 0);
  return found;
}

/** The words of a text in which nothing separates commands. */
export function readWords(snippet: Snippet, scope: Scope): Word[] {
  const lexer = new Lexer(snippet, (name) => scope.env.get(name));
  const words: Word[] = [];
  for (let token = lexer.next(); token; token = lexer.next()) words.push(...token.words);
  return words;
}

function readInto(found: Command[], snippet: Snippet, scope: Scope, depth: number): void {
  const env = new Map(scope.env);
  const local = new Map<string, string | undefined>();
  const lexer = new Lexer(snippet, (name) => {
    if (local.has(name)) return local.get(name);
    return env.get(name);
  });
  const loops: Loop[] = [];
  let words: Word[] = [];
  let bare = false;
  let assignments: Assignment[] = [];
  const end = (isBackground: boolean): void => {
    const [first] = words;
    if (first === undefined) {
      for (const each of assignments) (env.has(each.name) ? env : local).set(each.name, each.value);
    } else if (first.text === "export") {
      for (const word of words.slice(1)) exportWord(word, env, local);
    } else if (found.length < MAX_COMMANDS) {
      const seen = new Map(env);
      for (const each of assignments) seen.set(each.name, each.value);
      const last = words[words.length - 1];
      const { start } = assignments[0] ?? first;
      const command = {
        start,
        end: last.end,
        words,
        assignments,
        env: seen,
        loops: [...loops],
        isBackground,
        isNested: depth > 0,
      };
      found.push(unwrapped(command));
      const script = depth < MAX_NESTED ? scriptArgument(words) : undefined;
      if (script) {
        const inner = lexer.inside(script);
        if (inner) readInto(found, inner, { env: seen }, depth + 1);
      }
    }
    words = [];
    assignments = [];
    bare = false;
  };
  for (let token = lexer.next(); token; token = lexer.next()) {
    if (token.kind === "operator") {
      end(token.text === "&");
      continue;
    }
    const atStart = words.length === 0;
    if (atStart && token.isBare && assignments.length === 0) {
      if (token.text === "for") {
        const loop = readFor(lexer, token);
        if (loop) {
          local.set(loop.variable, undefined);
          loops.push(loop);
        }
        continue;
      }
      if (token.text === "while" || token.text === "until") {
        loops.push({ variable: "", values: [], start: token.start, end: token.end });
        continue;
      }
      if (token.text === "done") {
        loops.pop();
        continue;
      }
      if (KEYWORDS.has(token.text)) continue;
    }
    if (token.assignment && (atStart || (bare && words.length === 1 && words[0].text === "env"))) {
      assignments.push(token.assignment);
      continue;
    }
    if (atStart) bare = token.isBare;
    words.push(...token.words);
  }
  end(false);
}

const KEYWORDS = new Set(["do", "then", "else", "elif", "fi", "if", "esac", "{", "}", "!", "time"]);

function exportWord(word: Word, env: Map<string, string | undefined>, local: Map<string, string | undefined>): void {
  const [, name, , value] = /^([A-Za-z_]\w*)(=(.*))?$/s.exec(word.text) ?? [];
  if (name === undefined) return;
  if (word.text.includes("=")) env.set(name, word.isOpen ? undefined : value);
  else if (local.has(name)) env.set(name, local.get(name));
}

/** Programs that run the rest of their words as a command. */
const WRAPPERS = new Set(["env", "sudo", "nice", "exec", "command", "nohup", "time"]);

function unwrapped(command: Command): Command {
  let at = 0;
  while (at < command.words.length - 1 && WRAPPERS.has(command.words[at].text)) {
    at++;
    while (at < command.words.length - 1 && command.words[at].text.startsWith("-")) at++;
  }
  return at === 0 ? command : { ...command, words: command.words.slice(at) };
}

/** The word after -c of a shell. */
function scriptArgument(words: readonly Word[]): Word | undefined {
  if (!/^(?:.*\/)?(?:ba|da|a|z)?sh$/.test(words[0].text)) return undefined;
  const at = words.findIndex((word, i) => i > 0 && /^-\w*c$/.test(word.text));
  return at < 0 ? undefined : words[at + 1];
}

function readFor(lexer: Lexer, start: Token): Loop | undefined {
  const variable = lexer.next();
  if (variable?.kind !== "word") return undefined;
  const values: string[] = [];
  let end = variable.end;
  let token = lexer.next();
  if (token?.kind === "word" && token.text === "in") {
    for (token = lexer.next(); token?.kind === "word"; token = lexer.next()) {
      values.push(...token.words.map((word) => word.text));
      end = token.end;
    }
  }
  return { variable: variable.text, values, start: start.start, end };
}

class Lexer {
  readonly #snippet: Snippet;
  readonly #text: string;
  readonly #value: (name: string) => string | undefined;
  /** Delimiters of here-documents that begin on this line. */
  #heredocs: { readonly delimiter: string; readonly strip: boolean }[] = [];
  #at = 0;

  constructor(snippet: Snippet, value: (name: string) => string | undefined) {
    this.#snippet = snippet;
    this.#text = snippet.text;
    this.#value = value;
  }

  /** What stands between the quotes of a word, if that is all the word is. */
  inside(word: Word): Snippet | undefined {
    const from = this.#places.get(word);
    if (!from) return undefined;
    const [start, end] = from;
    const quote = this.#text[start];
    if (end - start < 2 || (quote !== "'" && quote !== '"') || this.#text[end - 1] !== quote) return undefined;
    return this.#snippet.slice(start + 1, end - 1);
  }

  readonly #places = new WeakMap<Word, readonly [number, number]>();

  next(): Token | undefined {
    const text = this.#text;
    for (; this.#at < text.length;) {
      const c = text[this.#at];
      if (c === "\\" && /^\\\r?\n/.test(text.slice(this.#at, this.#at + 3))) {
        this.#at = text.indexOf("\n", this.#at) + 1;
      } else if (c === " " || c === "\t" || c === "\r") {
        this.#at++;
      } else if (c === "#") {
        const line = text.indexOf("\n", this.#at);
        this.#at = line < 0 ? text.length : line;
      } else if (c === "\n") {
        const from = this.#at++;
        this.#skipHeredocs();
        return this.#operator("\n", from);
      } else if (c === "&" && text[this.#at + 1] === ">") {
        this.#redirection(2);
      } else if (";&|()".includes(c)) {
        const from = this.#at++;
        if ((c === "&" || c === "|" || c === ";") && text[this.#at] === c) this.#at++;
        return this.#operator(text.slice(from, this.#at), from);
      } else if (c === "<" || c === ">") {
        this.#redirection(1);
      } else if (/\d/.test(c) && /^\d+[<>]/.test(text.slice(this.#at, this.#at + 4))) {
        this.#redirection(text.slice(this.#at, this.#at + 4).search(/[<>]/) + 1);
      } else {
        return this.#word();
      }
    }
    return undefined;
  }

  #operator(text: string, from: number): Token {
    return { kind: "operator", text, words: [], isBare: false, ...this.#snippet.span(from, this.#at) };
  }

  /** Skips "> file"; remembers "<< delimiter". */
  #redirection(length: number): void {
    const text = this.#text;
    const isInput = text[this.#at + length - 1] === "<";
    this.#at += length;
    if (isInput && text[this.#at] === "<" && text[this.#at + 1] !== "<") {
      this.#at++;
      const strip = text[this.#at] === "-";
      if (strip) this.#at++;
      while (text[this.#at] === " ") this.#at++;
      const delimiter = this.#word().words[0]?.text ?? "";
      if (delimiter !== "") this.#heredocs.push({ delimiter, strip });
      return;
    }
    while (this.#at < text.length && "<>&|".includes(text[this.#at])) this.#at++;
    while (text[this.#at] === " " || text[this.#at] === "\t") this.#at++;
    if (this.#at < text.length && !"\n;|&()".includes(text[this.#at])) this.#word();
  }

  #skipHeredocs(): void {
    for (const { delimiter, strip } of this.#heredocs) {
      while (this.#at < this.#text.length) {
        const end = this.#text.indexOf("\n", this.#at);
        const line = this.#text.slice(this.#at, end < 0 ? this.#text.length : end).replace(/\r$/, "");
        this.#at = end < 0 ? this.#text.length : end + 1;
        // the indentation that YAML or Make put in front of a script's lines is not told apart from the script's own
        if (line === delimiter || (strip && line.trimStart() === delimiter) || line.trim() === delimiter) break;
      }
    }
    this.#heredocs = [];
  }

  #word(): Token {
    const text = this.#text;
    const from = this.#at;
    /** Finished words of unquoted expansions, and the one that is being read. */
    const texts: string[] = [];
    let current = "";
    let hasCurrent = false;
    let isBare = true;
    let equals = -1;
    const variables: string[] = [];
    const add = (piece: string): void => {
      current += piece;
      hasCurrent = true;
    };
    const expand = (quoted: boolean): void => {
      isBare = false;
      const value = this.#expansion(variables);
      if (quoted || equals >= 0) return add(value);
      const pieces = value.split(/[ \t\n]+/);
      pieces.forEach((piece, i) => {
        if (i > 0 && hasCurrent) {
          texts.push(current);
          current = "";
          hasCurrent = false;
        }
        if (piece !== "") add(piece);
      });
    };
    while (this.#at < text.length) {
      const c = text[this.#at];
      if (" \t\r\n;&|()<>".includes(c)) break;
      if (c === "\\") {
        const next = text[this.#at + 1] ?? "";
        this.#at += next === "\r" ? 3 : 2;
        if (next !== "\n" && next !== "\r") add(next);
        isBare = false;
      } else if (c === "'") {
        const end = text.indexOf("'", this.#at + 1);
        add(text.slice(this.#at + 1, end < 0 ? text.length : end));
        this.#at = end < 0 ? text.length : end + 1;
        isBare = false;
      } else if (c === '"') {
        this.#at++;
        add("");
        isBare = false;
        while (this.#at < text.length && text[this.#at] !== '"') {
          const inner = text[this.#at];
          if (inner === "\\" && '"\\$`\n'.includes(text[this.#at + 1] ?? " ")) {
            if (text[this.#at + 1] !== "\n") add(text[this.#at + 1]);
            this.#at += 2;
          } else if (inner === "$" || inner === "`") {
            expand(true);
          } else {
            const stop = /["\\$`]/g;
            stop.lastIndex = this.#at + 1;
            const end = stop.exec(text)?.index ?? text.length;
            add(text.slice(this.#at, end));
            this.#at = end;
          }
        }
        this.#at++;
      } else if (c === "$" || c === "`") {
        expand(false);
      } else {
        if (c === "=" && equals < 0 && isBare && texts.length === 0 && /^[A-Za-z_]\w*$/.test(current))
          equals = this.#at;
        add(c);
        this.#at++;
      }
    }
    this.#at = Math.min(this.#at, text.length);
    if (hasCurrent) texts.push(current);
    const span = this.#snippet.span(from, this.#at);
    const isLiteral = this.#snippet.isLiteral(from, this.#at);
    const words = texts.map((each): Word => {
      const word = { text: each, isOpen: each.includes(OPEN), variables, isLiteral, ...span };
      this.#places.set(word, [from, this.#at]);
      return word;
    });
    const whole = texts.join(" ");
    const token = { kind: "word" as const, text: whole, words, isBare, ...span };
    if (equals < 0) return token;
    const value = whole.slice(equals - from + 1);
    const known = value.includes(OPEN) ? undefined : value;
    return { ...token, assignment: { name: whole.slice(0, equals - from), value: known, variables, ...span } };
  }

  /** "$NAME", "${NAME…}", "$(…)", "`…`" at the current place. */
  #expansion(variables: string[]): string {
    const text = this.#text;
    const from = this.#at;
    if (text[from] === "`") {
      const end = text.indexOf("`", from + 1);
      this.#at = end < 0 ? text.length : end + 1;
      return OPEN;
    }
    const simple = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/.exec(text.slice(from, from + 200));
    if (simple) {
      this.#at += simple[0].length;
      const name = simple[1] ?? simple[2];
      variables.push(name);
      return this.#value(name) ?? OPEN;
    }
    const next = text[from + 1];
    if (next === "{" || next === "(") {
      const name = /^\$\{([A-Za-z_]\w*)(:?[-=])?/.exec(text.slice(from, from + 200));
      if (name) variables.push(name[1]);
      this.#at = closing(text, from + 1);
      // "${NAME:-value}"
      const fallback = name?.[2] === undefined ? undefined : text.slice(from + name[0].length, this.#at - 1);
      if (name && fallback !== undefined && !/["'$`]/.test(fallback)) return this.#value(name[1]) ?? OPEN;
      return OPEN;
    }
    this.#at += next !== undefined && /[@*#?$!\d-]/.test(next) ? 2 : 1;
    return this.#at === from + 1 ? "$" : OPEN;
  }
}

/** Behind the bracket that closes the one at `from`; quotes are respected. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (c === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) return text.length;
      i = end;
    } else if (c === "(" || c === "{") depth++;
    else if ((c === ")" || c === "}") && --depth === 0) return i + 1;
  }
  return text.length;
}
