// What the words of `pare diff` mean: files, revisions and a package. A file that exists wins over a revision of the same name.
import { statSync } from "node:fs";
import type { Repository } from "../toolchain/git.ts";
import type { Revision } from "../toolchain/revision.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";

export type Side =
  /** An executable, a snapshot, or "-"; a package in the working tree that was named as a side of its own. */
  | { readonly type: "file"; readonly name: string }
  | { readonly type: "package"; readonly name: string }
  | { readonly type: "revision"; readonly revision: Revision }
  /** The package in the working tree as it is. */
  | { readonly type: "tree" };

export interface Sides {
  readonly before: Side;
  readonly after: Side;
  /** What is built of revisions and the working tree. */
  readonly pkg: string;
  /** There if a side is a revision. */
  readonly repository?: Repository;
  readonly warnings: readonly string[];
}

/** Reads the words in front of `--`. */
export async function readSides(words: readonly string[]): Promise<Sides> {
  const [first, ...rest] = words;
  if (isSubject(first)) return rest.length > 2 ? tooMany(rest[2]) : besideSubject(first, rest);
  const names = new Names();
  const range = rangeOf(first);
  if (range) {
    if (rest.length > 1) return tooMany(rest[1]);
    const [before, after] = await names.range(range);
    return names.sides(before, after, rest[0] ?? ".");
  }
  const before = await names.need(first);
  if (rest.length > 2) return tooMany(rest[2]);
  const [second, pkg] = rest;
  const tree: Side = { type: "tree" };
  if (second === undefined) return names.sides(before, tree, ".");
  if (pkg === undefined) {
    if (isFile(second)) return names.sides(before, subject(second), ".");
    if (looksLikePath(second)) return names.sides(before, tree, second);
    const after = await names.find(second);
    if (after) return names.sides(before, after, ".");
    // a directory or an import path
    if (isSubject(second) || /^[^/]+\.[^/]+\//.test(second)) return names.sides(before, tree, second);
    throw await names.unknown(second, "revision or package");
  }
  if (isFile(second)) return names.sides(before, subject(second), pkg);
  return names.sides(before, await names.need(second), pkg);
}

/** What is compared with a file or package: another, or a revision. */
async function besideSubject(first: string, rest: readonly string[]): Promise<Sides> {
  const [second, pkg] = rest;
  if (second === undefined) throw new Failure(EXIT.usage, `what is ${first} to be compared with?`);
  if (first === "-" && second === "-") throw new Failure(EXIT.usage, "only one side can be stdin");
  const before: Side = subject(first);
  if (isSubject(second) || looksLikePath(second)) {
    if (pkg !== undefined) return tooMany(pkg);
    return { before, after: subject(second), pkg: ".", warnings: [] };
  }
  const names = new Names();
  return names.sides(before, await names.need(second), pkg ?? ".");
}

function subject(name: string): Side {
  return { type: statSync(name, { throwIfNoEntry: false })?.isDirectory() ? "package" : "file", name };
}

function tooMany(word: string): never {
  throw new Failure(EXIT.usage, `what is ${word} for? Flags for go build go behind --`);
}

function isFile(word: string): boolean {
  if (word === "-") return true;
  const stat = statSync(word, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isDirectory();
}

/** What exists, or can only be meant as a path. */
function isSubject(word: string): boolean {
  return word === "-" || statSync(word, { throwIfNoEntry: false }) !== undefined || looksLikePath(word);
}

/** Nothing that git would take for a revision. */
function looksLikePath(word: string): boolean {
  return /^\.{1,2}$|^\.{0,2}[/\\]|^[A-Za-z]:[/\\]|\.(?:exe|wasm|so|dll|a|gz|zst|xz|json)$/i.test(word);
}

interface Range {
  readonly from: string;
  readonly to: string;
  /** "..." begins where the histories part. */
  readonly fork: boolean;
}

/** "A..B" and "A...B"; a side that is left out is HEAD. */
function rangeOf(word: string): Range | undefined {
  const m = /^(.*?[^.]|)(\.{2,3})([^./\\].*|)$/s.exec(word);
  if (!m || (m[1] === "" && m[3] === "")) return undefined;
  return { from: m[1] || "HEAD", to: m[3] || "HEAD", fork: m[2] === "..." };
}

/** Revisions by name; the repository is looked for when the first is asked for. */
class Names {
  private repository: Repository | undefined;

  private async open(name: string): Promise<Repository> {
    if (this.repository) return this.repository;
    const { openRepository } = await import("../toolchain/git.ts");
    try {
      this.repository = await openRepository(process.cwd(), onInterrupt);
    } catch (error) {
      if (error instanceof Error && error.name === "ToolFailure" && "code" in error && error.code === "unreadable")
        throw new Failure(EXIT.unreadable, `${name}: no such file, and for a revision: ${error.message}`);
      throw error;
    }
    return this.repository;
  }

  async find(name: string): Promise<Side | undefined> {
    const repository = await this.open(name);
    const { commitOf } = await import("../toolchain/git.ts");
    const commit = await commitOf(repository, name, onInterrupt);
    return commit === undefined ? undefined : { type: "revision", revision: { name, commit } };
  }

  async need(name: string): Promise<Side & { type: "revision" }> {
    const found = await this.find(name);
    if (found?.type !== "revision") throw await this.unknown(name, "file or revision");
    return found;
  }

  async unknown(name: string, what: string): Promise<Failure> {
    const { isShallow } = await import("../toolchain/git.ts");
    const shallow = await isShallow(await this.open(name), onInterrupt);
    const hint = shallow ? ": this clone has not the whole history (git fetch --unshallow)" : "";
    return new Failure(EXIT.unreadable, `there is no ${what} ${name}${hint}`);
  }

  async range({ from, to, fork }: Range): Promise<[Side, Side]> {
    const [a, b] = [await this.need(from), await this.need(to)];
    if (!fork) return [a, b];
    const { mergeBase } = await import("../toolchain/git.ts");
    const commit = await mergeBase(await this.open(from), a.revision.commit, b.revision.commit, onInterrupt);
    if (commit === undefined) throw await this.unknown(`${from}...${to}`, "common ancestor of");
    return [{ type: "revision", revision: { name: `where ${to} left ${from}`, commit } }, b];
  }

  /** Says so if what is compared is not what one sees in the working tree. */
  async sides(before: Side, after: Side, pkg: string): Promise<Sides> {
    const repository = this.repository!;
    const { commitOf, isDirty } = await import("../toolchain/git.ts");
    const head = await commitOf(repository, "HEAD", onInterrupt);
    const warnings: string[] = [];
    const isHead = after.type === "revision" && after.revision.commit === head;
    if (isHead && (await isDirty(repository, onInterrupt)))
      warnings.push(
        "uncommitted changes are not in HEAD; leave the second revision out to compare with the working tree",
      );
    if (after.type === "tree" && repository.top === "")
      throw new Failure(EXIT.usage, "there is no working tree here to compare with: name a second revision");
    return { before, after, pkg, repository, warnings };
  }
}
