// Build constraints of Go files: who is compiled under which tags. Follows GOROOT/src/go/build/constraint/expr.go for the expressions,
// and parseFileHeader, shouldBuild, matchTag and goodOSArchFile of GOROOT/src/go/build/build.go for where they stand and what they mean.

export type Constraint =
  | { readonly is: "tag"; readonly tag: string }
  | { readonly is: "not"; readonly of: Constraint }
  | { readonly is: "and" | "or"; readonly left: Constraint; readonly right: Constraint };

/** Terms of one expression; the go command refuses more, so that recursion is bounded too. */
const MAX_TERMS = 1000;
/** Operators of one "// +build" line. */
const MAX_OLD = 100;
const IS_TAG = /^[\p{L}\p{Nd}_.]+$/u;
/** No tag of this name is ever set: what the go command makes of words that it cannot read. */
const NEVER: Constraint = { is: "tag", tag: "ignore" };

class Unreadable extends Error {}

/** The expression of a "//go:build" or "// +build" line; undefined if the line is neither, or broken. */
export function parseConstraint(line: string): Constraint | undefined {
  const go = /^\/\/go:build(?:\s+(.*))?$/su.exec(line.trimEnd());
  try {
    if (go !== null) return parseExpression(go[1] ?? "");
    const old = /^\/\/\s*\+build(?:\s+(.*))?$/su.exec(line.trimEnd());
    return old === null ? undefined : parseOld(old[1] ?? "");
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** or = and { "||" and }; and = not { "&&" not }; not = ["!"] atom; atom = tag | "(" or ")". */
function parseExpression(text: string): Constraint {
  const tokens = tokensOf(text);
  let next = 0;
  let terms = 0;

  function take(token: string): boolean {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  }
  function or(): Constraint {
    let left = and();
    while (take("||")) left = { is: "or", left, right: and() };
    return left;
  }
  function and(): Constraint {
    let left = not();
    while (take("&&")) left = { is: "and", left, right: not() };
    return left;
  }
  function not(): Constraint {
    if (++terms > MAX_TERMS) throw new Unreadable();
    return take("!") ? { is: "not", of: atom() } : atom();
  }
  function atom(): Constraint {
    if (take("(")) {
      const inner = or();
      if (!take(")")) throw new Unreadable();
      return inner;
    }
    const tag = tokens[next++] ?? "";
    if (!IS_TAG.test(tag)) throw new Unreadable();
    return { is: "tag", tag };
  }

  const whole = or();
  if (next < tokens.length) throw new Unreadable();
  return whole;
}

const TOKEN = /[ \t]*(?:(\(|\)|!|&&|\|\||[\p{L}\p{Nd}_.]+)|$)/uy;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null) throw new Unreadable();
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  return tokens;
}

/** Blanks mean or, commas and. */
function parseOld(text: string): Constraint {
  let operators = 0;
  const join = (is: "and" | "or", left: Constraint | undefined, right: Constraint): Constraint => {
    if (left === undefined) return right;
    if (++operators > MAX_OLD) throw new Unreadable();
    return { is, left, right };
  };
  let whole: Constraint | undefined;
  for (const clause of text.split(/\s+/u).filter((word) => word !== "")) {
    let all: Constraint | undefined;
    for (const literal of clause.split(",")) {
      const negated = literal.startsWith("!") && literal !== "!" && !literal.startsWith("!!");
      const word = negated ? literal.slice(1) : literal;
      const term: Constraint = IS_TAG.test(word) ? { is: "tag", tag: word } : NEVER;
      all = join("and", all, negated ? { is: "not", of: term } : term);
    }
    whole = join("or", whole, all!);
  }
  return whole ?? NEVER;
}

export function holds(constraint: Constraint, isSet: (tag: string) => boolean): boolean {
  switch (constraint.is) {
    case "tag":
      return isSet(constraint.tag);
    case "not":
      return !holds(constraint.of, isSet);
    case "and":
      return holds(constraint.left, isSet) && holds(constraint.right, isSet);
    default:
      return holds(constraint.left, isSet) || holds(constraint.right, isSet);
  }
}

/** All tags of an expression, each once. */
export function tagsOf(constraint: Constraint, into = new Set<string>()): Set<string> {
  if (constraint.is === "tag") into.add(constraint.tag);
  else if (constraint.is === "not") tagsOf(constraint.of, into);
  else {
    tagsOf(constraint.left, into);
    tagsOf(constraint.right, into);
  }
  return into;
}

export interface Header {
  /** What the file asks for; null if nothing. */
  readonly constraint: Constraint | null;
  /** Of the package clause; "" if there is none (C and assembly, or the text ends before it). */
  readonly package: string;
}

/** Reads the head of a file; undefined if its constraint is broken: the go command refuses such a file. */
export function headerOf(text: string): Header | undefined {
  const lines = text
    .replace(/^\u{feff}/u, "")
    .split("\n")
    .map((line) => line.trim());
  let goBuild: string | undefined;
  /** Lines up to the last blank one in front of what is no comment: only there "// +build" counts. */
  let leading = 0;
  let ended = false;
  let inComment = false;
  let clause = "";
  scan: for (const [i, line] of lines.entries()) {
    if (line === "" && !ended) {
      leading = i + 1;
      continue;
    }
    if (!line.startsWith("//")) ended = true;
    if (!inComment && /^\/\/go:build(?:\s|$)/.test(line)) {
      if (goBuild !== undefined) return undefined;
      goBuild = line;
    }
    let rest = line;
    while (rest !== "") {
      if (inComment) {
        const end = rest.indexOf("*/");
        if (end < 0) continue scan;
        inComment = false;
        rest = rest.slice(end + 2).trim();
      } else if (rest.startsWith("//")) continue scan;
      else if (rest.startsWith("/*")) {
        inComment = true;
        rest = rest.slice(2).trim();
      } else {
        clause = /^package\s+([\p{L}_][\p{L}\p{Nd}_]*)/u.exec(rest)?.[1] ?? "";
        break scan;
      }
    }
  }
  if (goBuild !== undefined) {
    const constraint = parseConstraint(goBuild);
    return constraint && { constraint, package: clause };
  }
  let constraint: Constraint | null = null;
  for (const line of lines.slice(0, leading)) {
    if (!line.startsWith("//") || !line.includes("+build")) continue;
    const one = parseConstraint(line);
    // the go command passes over what it cannot read of these
    if (one !== undefined) constraint = constraint === null ? one : { is: "and", left: constraint, right: one };
  }
  return { constraint, package: clause };
}

// GOROOT/src/internal/syslist/syslist.go
const SYSTEMS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(
    " ",
  ),
);
const NOT_UNIX = new Set(["js", "nacl", "plan9", "wasip1", "windows", "zos"]);
const PROCESSORS = new Set(
  "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split(
    " ",
  ),
);

/** What the go command says of a build: {{context}} of `go list`. */
export interface BuildContext {
  readonly goos: string;
  readonly goarch: string;
  readonly compiler: string;
  readonly cgo: boolean;
  /** Tags of the user (-tags, GOFLAGS). */
  readonly tags: readonly string[];
  /** Tags of the toolchain: release, experiments, level of the processor. */
  readonly toolTags: readonly string[];
}

/** All tags that are set in a build. */
export function tagsSet(context: BuildContext): Set<string> {
  const { goos } = context;
  const set = new Set([goos, context.goarch, context.compiler, ...context.tags, ...context.toolTags]);
  if (context.cgo) set.add("cgo");
  if (goos === "android") set.add("linux");
  if (goos === "illumos") set.add("solaris");
  if (goos === "ios") set.add("darwin");
  if (SYSTEMS.has(goos) && !NOT_UNIX.has(goos)) set.add("unix");
  if (set.has("goexperiment.boringcrypto")) set.add("boringcrypto");
  return set;
}

/** What a file's name asks for: "x_windows_arm64.go" wants both. */
export function nameFits(name: string, isSet: (tag: string) => boolean): boolean {
  const stem = name.split(".", 1)[0];
  const first = stem.indexOf("_");
  if (first < 0) return true;
  const words = stem.slice(first).split("_");
  if (words.at(-1) === "test") words.pop();
  const [system, processor] = [words.at(-2) ?? "", words.at(-1) ?? ""];
  if (SYSTEMS.has(system) && PROCESSORS.has(processor)) return isSet(system) && isSet(processor);
  return SYSTEMS.has(processor) || PROCESSORS.has(processor) ? isSet(processor) : true;
}

// from alpha on: processors of gccgo
const TOOLCHAIN = new Set(
  "unix cgo gc gccgo tinygo race msan asan boringcrypto ignore alpha m68k mipso32 mipsn32 nios2 sh shbe".split(" "),
);

/** Whether the go command sets a tag by itself, for the target, the toolchain or an option: nobody gives it to -tags. */
export function isToolchainTag(tag: string): boolean {
  if (SYSTEMS.has(tag) || PROCESSORS.has(tag) || TOOLCHAIN.has(tag)) return true;
  const [head, ...rest] = tag.split(".");
  return /^go1(?:\.\d+)*$/.test(tag) || head === "goexperiment" || (rest.length > 0 && PROCESSORS.has(head));
}
