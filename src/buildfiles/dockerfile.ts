// Dockerfiles: instructions with their places, stages with their environment, commands of RUN.
// Format: https://docs.docker.com/reference/dockerfile/ and moby/buildkit frontend/dockerfile/parser/parser.go.
import { type Command, readShell, readWords, type Word } from "./shell.ts";
import { OPEN, type Snippet, SnippetBuilder, snippetOf, type Span } from "./text.ts";

export interface Instruction extends Span {
  /** In capitals. */
  readonly name: string;
  /** "--mount=type=cache,target=/x" in the order in which they stand. */
  readonly flags: readonly { readonly name: string; readonly value: string }[];
  /** Behind the name and the flags, without continuations and comments. */
  readonly body: Snippet;
  /** Words of the body, variables of the stage put in; the elements of its JSON form. */
  readonly words: readonly Word[];
  /** Of RUN. */
  readonly commands: readonly Command[];
}

export interface Stage {
  readonly from: Instruction;
  /** Image or earlier stage, arguments put in; may hold OPEN. */
  readonly base: string;
  /** In small letters; "" without AS. */
  readonly name: string;
  /** As written in --platform; "" without. */
  readonly platform: string;
  /** The stage that it starts from. */
  readonly parent: Stage | undefined;
  readonly instructions: readonly Instruction[];
  /** At its end. undefined: unknown. */
  readonly env: ReadonlyMap<string, string | undefined>;
}

/** The stages that one starts from, the nearest first. */
export function ancestors(stage: Stage): Stage[] {
  const found: Stage[] = [];
  for (let each = stage.parent; each; each = each.parent) found.push(each);
  return found;
}

export interface Dockerfile {
  readonly stages: readonly Stage[];
}

const MAX_INSTRUCTIONS = 10_000;
/** Set by BuildKit: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope */
const PLATFORM_ARGS = new Set(
  "TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT".split(" "),
);

interface Raw extends Span {
  readonly name: string;
  readonly rest: Snippet;
  readonly heredocs: readonly { readonly name: string; readonly content: Snippet }[];
}

export function readDockerfile(text: string): Dockerfile {
  const globals = new Map<string, string | undefined>();
  const stages: Stage[] = [];
  let open:
    | {
        stage: Omit<Stage, "instructions" | "env">;
        instructions: Instruction[];
        vars: Map<string, string | undefined>;
        env: Map<string, string | undefined>;
      }
    | undefined;
  const close = (): void => {
    if (open) stages.push({ ...open.stage, instructions: open.instructions, env: open.env });
  };
  for (const raw of readInstructions(text)) {
    if (raw.name === "FROM") {
      close();
      const from = instructionOf(raw, globals);
      const base = from.words[0]?.text ?? "";
      const name = from.words[1]?.text.toLowerCase() === "as" ? (from.words[2]?.text.toLowerCase() ?? "") : "";
      const parent = stages.find((stage) => stage.name !== "" && stage.name === base.toLowerCase());
      const platform = from.flags.find((flag) => flag.name === "platform")?.value ?? "";
      const env = new Map(parent?.env);
      open = { stage: { from, base, name, platform, parent }, instructions: [], vars: new Map(env), env };
      continue;
    }
    if (!open) {
      if (raw.name === "ARG") for (const [name, value] of pairs(instructionOf(raw, globals))) globals.set(name, value);
      continue;
    }
    const instruction = instructionOf(raw, open.vars, open.env);
    open.instructions.push(instruction);
    if (raw.name === "ENV") {
      for (const [name, value] of pairs(instruction)) {
        open.vars.set(name, value);
        open.env.set(name, value);
      }
    } else if (raw.name === "ARG") {
      for (const [name, value] of pairs(instruction)) {
        const isAutomatic = PLATFORM_ARGS.has(name);
        if (!open.env.has(name)) open.vars.set(name, isAutomatic ? undefined : (value ?? globals.get(name)));
      }
    }
  }
  close();
  return { stages };
}

/** "NAME=value …" and the old "NAME value"; a name alone has no known value. */
function pairs({ name, words, body }: Instruction): [string, string | undefined][] {
  if (name === "ENV" && words.length > 0 && !words[0].text.includes("=") && /^\s*\w+\s+\S/.test(body.text)) {
    const value = words
      .slice(1)
      .map((word) => word.text)
      .join(" ");
    return [[words[0].text, value.includes(OPEN) ? undefined : value]];
  }
  return words.map((word) => {
    const at = word.text.indexOf("=");
    if (at < 0) return [word.text, undefined];
    return [word.text.slice(0, at), word.isOpen ? undefined : word.text.slice(at + 1)];
  });
}

function instructionOf(raw: Raw, vars: ReadonlyMap<string, string | undefined>, env = vars): Instruction {
  const { name, start, end } = raw;
  let at = 0;
  const flags: { name: string; value: string }[] = [];
  const { text } = raw.rest;
  for (const flag = /\s*--([a-z][\w-]*)(?:=(\S*))?(?=\s|$)/y; ;) {
    flag.lastIndex = at;
    const found = flag.exec(text);
    if (!found) break;
    flags.push({ name: found[1], value: found[2] ?? "" });
    at = flag.lastIndex;
  }
  const body = raw.rest.slice(at, text.length);
  const json = jsonWords(body);
  // words of a RUN know the arguments too: they are in its environment
  const scope = { env: name === "RUN" ? new Map([...env, ...vars]) : vars };
  if (name === "RUN") {
    const scripts =
      raw.heredocs.length > 0 && /^\s*<</.test(body.text) ? raw.heredocs.map((each) => each.content) : [body];
    const commands = json
      ? json.length > 0
        ? [commandOf(json, scope.env)]
        : []
      : scripts.flatMap((script) => readShell(script, scope));
    return { name, start, end, flags, body, words: json ?? [], commands };
  }
  const words = json ?? readWords(guarded(body), scope);
  return { name, start, end, flags, body, words, commands: [] };
}

/** Arguments of instructions are words, not commands: what separates commands is part of them. */
function guarded(body: Snippet): Snippet {
  return body.replace(/[;&|()<>\n#]/g, (match) => (match[0] === "\n" ? " " : "_"));
}

function commandOf(words: readonly Word[], env: Command["env"]): Command {
  const { start } = words[0];
  const { end } = words[words.length - 1];
  return { words, assignments: [], env, loops: [], isBackground: false, isNested: true, start, end };
}

/** ["a", "b"] */
function jsonWords(body: Snippet): Word[] | undefined {
  if (!/^\s*\[[\s\S]*\]\s*$/.test(body.text)) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(body.text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || !values.every((each) => typeof each === "string")) return undefined;
  const span = body.span(0, body.text.length);
  return values.map((text: string) => ({ text, isOpen: false, variables: [], isLiteral: false, ...span }));
}

/** Logical lines with what is written of them. */
function readInstructions(text: string): Raw[] {
  const found: Raw[] = [];
  const escape = /^\s*(?:#[^\n]*\n\s*)*?#\s*escape\s*=\s*`/i.test(text.slice(0, 500)) ? "`" : "\\";
  const lines = new Physical(text);
  for (let line = lines.next(); line && found.length < MAX_INSTRUCTIONS; line = lines.next()) {
    const head = /^\s*([A-Za-z]+)(?=\s|$)/.exec(text.slice(line.start, Math.min(line.end, line.start + 100)));
    if (!head) continue;
    const made = new SnippetBuilder(text);
    const begin = line.start + head[0].length - head[1].length;
    let from = line.start + head[0].length;
    let end = line.end;
    for (let current: Span | undefined = line; current;) {
      let stop = current.end;
      while (stop > from && " \t\r".includes(text[stop - 1])) stop--;
      end = stop;
      if (stop === from || text[stop - 1] !== escape) {
        made.copy(from, stop);
        break;
      }
      made.copy(from, stop - 1);
      // comments and empty lines within an instruction are not part of it
      do current = lines.next();
      while (current && /^\s*(?:#|$)/.test(text.slice(current.start, Math.min(current.end, current.start + 200))));
      if (current) from = current.start;
    }
    const rest = made.done();
    const name = head[1].toUpperCase();
    const heredocs: { name: string; content: Snippet }[] = [];
    if (name === "RUN" || name === "COPY" || name === "ADD") {
      for (const [, strip, , delimiter] of rest.text.matchAll(/<<(-?)(["']?)([A-Za-z_]\w*)\2/g)) {
        let first: number | undefined;
        let last = end;
        for (let body = lines.next(); body; body = lines.next()) {
          first ??= body.start;
          const content = text.slice(body.start, body.end).replace(/\r$/, "");
          end = body.end;
          if ((strip === "-" ? content.trimStart() : content) === delimiter) {
            last = body.start;
            break;
          }
          last = body.end;
        }
        heredocs.push({ name: delimiter, content: snippetOf(text, first ?? last, last) });
      }
    }
    found.push({ name, start: begin, end, rest, heredocs });
  }
  return found;
}

/** Physical lines, comments and empty ones too, without their ends. */
class Physical {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Span | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const start = this.#at;
    const end = this.#text.indexOf("\n", start);
    this.#at = end < 0 ? this.#text.length : end + 1;
    return { start, end: end < 0 ? this.#text.length : end };
  }
}
