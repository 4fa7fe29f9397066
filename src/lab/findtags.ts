// Build tags that a program's packages read: found in the constraints of their files, those too that are left out now; what each would
// change; and which are worth a build. Pure.
import { matchesSome } from "../advice/patterns.ts";
import { programOf } from "../advice/program.ts";
import type { Tag } from "../advice/schema.ts";
import { type BuildContext, type Header, holds, isToolchainTag, nameFits, tagsOf, tagsSet } from "./constraint.ts";

export interface TaggedFile {
  readonly name: string;
  readonly header: Header;
}

export interface TaggedPackage {
  readonly path: string;
  /** Of its package clause. */
  readonly name: string;
  /** "std" for the standard library. */
  readonly module: string;
  readonly version: string;
  /** All that have a constraint. */
  readonly files: readonly TaggedFile[];
}

/** A file that reads a tag. */
export interface TagReader {
  readonly package: string;
  readonly module: string;
  readonly file: string;
  /**
   * What becomes of it when the tag alone is changed. foreign: it would come in, but it belongs to another package than the directory
   * (a program for `go run`). none: its other conditions keep it as it is.
   */
  readonly effect: "added" | "removed" | "foreign" | "none";
}

export interface FoundTag {
  readonly tag: string;
  /** drop: the user's flags set it already. */
  readonly change: "set" | "drop";
  /** Sorted by package and file. */
  readonly readers: readonly TagReader[];
  /** What pare knows of it; null if nothing. */
  readonly known: {
    readonly id: string;
    readonly removes: string;
    readonly costs: string;
    readonly grows: boolean;
  } | null;
  /** Why no build is needed to know that it changes nothing, or nothing good. */
  readonly skip: TagSkip | null;
}

/**
 * unchanged: not one file of this build comes or goes. foreign: it would break the package. std: the standard library's own switch, which
 * it documents for nobody. grows: it is there to add something, and everything that imports it would be compiled anew to see how much. slower: few bytes for
 * much time.
 */
export interface TagSkip {
  readonly why: "unchanged" | "foreign" | "std" | "grows" | "slower";
  readonly text: string;
}

/** Tags by which libraries, as a rule, replace assembly and unsafe. */
const SLOWER = new Set([
  "purego",
  "noasm",
  "nosimd",
  "appengine",
  "generic",
  "safe",
  "nounsafe",
  "math_big_pure_go",
  "protoreflect",
  "codec.safe",
]);

/** The tags of a build, the most promising first. */
export function findTags(
  context: BuildContext,
  packages: readonly TaggedPackage[],
  entries: readonly Tag[],
): FoundTag[] {
  const set = tagsSet(context);
  const own = new Set(context.tags);
  const readers = new Map<string, TagReader[]>();
  for (const { path, name, module, files } of packages) {
    for (const { name: file, header } of files) {
      if (header.constraint === null) continue;
      const { constraint } = header;
      const isIn = (isSet: (tag: string) => boolean): boolean => nameFits(file, isSet) && holds(constraint, isSet);
      const now = isIn((tag) => set.has(tag));
      for (const tag of tagsOf(constraint)) {
        if (isToolchainTag(tag)) continue;
        const then = isIn((each) => (each === tag ? !set.has(tag) : set.has(each)));
        const isForeign = header.package !== "" && header.package !== name;
        const effect = now === then ? "none" : now ? "removed" : isForeign ? "foreign" : "added";
        const list = readers.get(tag) ?? [];
        readers.set(tag, list);
        list.push({ package: path, module, file, effect });
      }
    }
  }
  const nameOf = namesOf(packages);
  const found = [...readers].map(([tag, list]): FoundTag => {
    const entry = entries.find(
      (each) =>
        each.tags.some(({ name }) => name === tag) &&
        list.some((reader) => matchesSome(each.readBy, nameOf(reader.package))),
    );
    const removes = entry?.tags.find(({ name }) => name === tag)?.removes ?? entry?.removes ?? "";
    return {
      tag,
      change: own.has(tag) ? "drop" : "set",
      readers: list.sort((a, b) => order(a.package, b.package) || order(a.file, b.file)),
      known: entry ? { id: entry.id, removes, costs: entry.costs, grows: entry.effect === "grows" } : null,
      skip: skipOf(tag, list, entry, own.has(tag)),
    };
  });
  return found.sort((a, b) => promise(b) - promise(a) || removals(b) - removals(a) || order(a.tag, b.tag));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const removals = ({ readers }: FoundTag): number => readers.filter(({ effect }) => effect === "removed").length;

/** What pare knows to save bytes, then what takes files away, then what only adds some. */
function promise(found: FoundTag): number {
  if (found.skip !== null) return 0;
  const shrinks = found.known !== null && found.known.grows === (found.change === "drop");
  if (shrinks) return 3;
  return removals(found) > 0 ? 2 : 1;
}

function skipOf(tag: string, readers: readonly TagReader[], entry: Tag | undefined, isSet: boolean): TagSkip | null {
  const changed = readers.filter(({ effect }) => effect !== "none");
  if (changed.length === 0) {
    const files =
      readers.length === 1 ? "the one file that reads it stays" : `all ${readers.length} files that read it stay`;
    return { why: "unchanged", text: `${files} as they are on this target, with these tags` };
  }
  const foreign = changed.find(({ effect }) => effect === "foreign");
  if (foreign !== undefined)
    return { why: "foreign", text: `${foreign.package}/${foreign.file} is a program of its own for go run` };
  if (SLOWER.has(tag) && !isSet) return { why: "slower", text: "plain Go in place of assembly or unsafe: slower" };
  if (entry?.effect === "grows" && !isSet) return { why: "grows", text: `makes it larger: ${entry.title}` };
  if (entry === undefined && readers.every(({ module }) => module === "std"))
    return { why: "std", text: "a switch of the standard library's own tests and ports" };
  return null;
}

/** Import paths → paths without the major of their module, as patterns are written. */
function namesOf(packages: readonly TaggedPackage[]): (path: string) => string {
  const modules = new Map<string, { path: string; version: string; packages: string[] }>();
  for (const { path, module, version } of packages) {
    const known = modules.get(module) ?? { path: module, version, packages: [] };
    modules.set(module, known);
    known.packages.push(path);
  }
  const { packages: names } = programOf([...modules.values()], "");
  return (path) => names.get(path)?.name ?? path;
}
