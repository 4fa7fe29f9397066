// Commands that build Go programs, as `go help build` reads their words.
import type { Command, Word } from "./shell.ts";
import { OPEN } from "./text.ts";

export interface GoFlag {
  /** Without dashes. */
  readonly name: string;
  readonly value: string;
  /** Holds the name; the value too, unless it is a word of its own. */
  readonly word: Word;
  readonly valueWord: Word;
}

/** A `go build`, or a `go install` of a package of this module. */
export interface GoBuild {
  readonly command: Command;
  /** "go", as written. */
  readonly go: Word;
  /** "build" or "install". */
  readonly verb: Word;
  readonly flags: ReadonlyMap<string, GoFlag>;
  readonly packages: readonly Word[];
  /** A word that cannot be known may hold more flags. */
  readonly hasHiddenFlags: boolean;
}

const BOOLEAN = new Set(
  "a n v x race msan asan cover work trimpath linkshared modcacherw json buildvcs i benchmem".split(" "),
);

/** Names of variables that hold flags, not packages. */
const FLAGS_NAME = /FLAG|OPT|ARG|LD|TAG/i;

/** Whether a command is the go command, under whatever name: xx-go cross-compiles in images. */
export function isGo(command: Command): boolean {
  return /^(?:.*\/)?(?:xx-)?go(?:1\.\d+(?:\.\d+)?)?(?:\.exe)?$/.test(command.words[0].text);
}

/** The subcommand of the go command: "build", "mod download" …; "" if it is no go command. */
export function goVerb(command: Command): string {
  if (!isGo(command)) return "";
  const words = command.words.slice(1).filter((word) => !word.text.startsWith("-"));
  return words[0]?.text === "mod" ? `mod ${words[1]?.text ?? ""}` : (words[0]?.text ?? "");
}

/** undefined if it builds nothing that is shipped: other commands, packages of other modules, compile checks that write nothing. */
export function goBuildOf(command: Command): GoBuild | undefined {
  if (!isGo(command)) return undefined;
  const [go] = command.words;
  let at = 1;
  while (at < command.words.length && command.words[at].text.startsWith("-C"))
    at += command.words[at].text === "-C" ? 2 : 1;
  const verb = command.words[at];
  if (verb?.text !== "build" && verb?.text !== "install") return undefined;
  const flags = new Map<string, GoFlag>();
  const packages: Word[] = [];
  const bare: Word[] = [];
  for (let i = at + 1; i < command.words.length; i++) {
    const word = command.words[i];
    const found = /^--?([a-zA-Z][\w.]*)(?:=([\s\S]*))?$/.exec(word.text);
    if (!found) {
      (isBareOpen(word) ? bare : packages).push(word);
      continue;
    }
    const [, name, own] = found;
    const takesNext = own === undefined && !BOOLEAN.has(name) && i + 1 < command.words.length;
    const valueWord = takesNext ? command.words[++i] : word;
    flags.set(name, { name, value: own ?? (takesNext ? valueWord.text : ""), word, valueWord });
  }
  if (packages.some((word) => word.text.includes("@"))) return undefined;
  // a variable at the end, where no package stands, is the package
  const last = bare[bare.length - 1];
  const isPackage =
    packages.length === 0 &&
    last === command.words[command.words.length - 1] &&
    !last.variables.some((v) => FLAGS_NAME.test(v));
  if (last && isPackage) packages.push(bare.pop()!);
  const build = { command, go, verb, flags, packages, hasHiddenFlags: bare.length > 0 };
  return isShipped(build) ? build : undefined;
}

/** An unknown value stands alone, so that it may be any number of flags. */
function isBareOpen(word: Word): boolean {
  return word.isOpen && word.text.replaceAll(OPEN, "").trim() === "";
}

function isShipped({ verb, flags, packages }: GoBuild): boolean {
  const output = flags.get("o")?.value;
  if (output === "/dev/null") return false;
  if (flags.has("race") || flags.has("msan") || flags.has("asan") || flags.has("cover") || flags.has("n")) return false;
  // without optimisation it is for the debugger
  if (/(?:^|[\s=])-[Nl](?:\s|$)/.test(flags.get("gcflags")?.value ?? "")) return false;
  // several packages and no output: go build throws the result away
  return verb.text === "install" || output !== undefined || !packages.some((word) => word.text.endsWith("..."));
}

/** A flag's value as it takes effect: the command's own, else that of GOFLAGS; undefined if there is none. "" for a flag without value. */
export function flagValue(build: GoBuild, name: string): string | undefined {
  const own = build.flags.get(name);
  if (own) return own.value;
  for (const word of (build.command.env.get("GOFLAGS") ?? "").split(/\s+/)) {
    const found = /^--?([a-zA-Z][\w.]*)(?:=(.*))?$/.exec(word.replaceAll(/['"]/g, ""));
    if (found?.[1] === name) return found[2] ?? "";
  }
  return undefined;
}

/** Whether flags that decide may hide in what is unknown. */
export function mayHide(build: GoBuild, name: string): boolean {
  const { env } = build.command;
  if (env.has("GOFLAGS") && env.get("GOFLAGS") === undefined) return true;
  if (build.hasHiddenFlags && !build.flags.has(name)) return true;
  const value = build.flags.get(name)?.value ?? "";
  // unknown within a word ("-X main.version=…") is a value; alone it may be anything
  return value.split(/\s+/).some((word) => word !== "" && word.replaceAll(OPEN, "") === "");
}

/** Words of a flag that takes a list in one value, "-ldflags=-s -w". */
export function wordsOf(value: string): string[] {
  return value
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => word.replaceAll(/^['"]|['"]$/g, ""));
}
