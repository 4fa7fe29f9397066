// Files that say how images are built from Dockerfiles: docker-bake and compose.
// Formats: https://docs.docker.com/build/bake/reference/ and https://docs.docker.com/reference/compose-file/build/
import { posix } from "./paths.ts";
import { at, entriesOf, type Entry, itemsOf, textAt, type Tree } from "./tree.ts";

export interface ImageTarget {
  readonly name: string;
  readonly entry: Entry;
  /** Path of the Dockerfile, as far as it is known. */
  readonly dockerfile: string;
  /** undefined: the builder's own. */
  readonly platforms: readonly string[] | undefined;
  readonly hasCache: boolean;
  /** It has a name to be pushed under. */
  readonly isNamed: boolean;
  /** User that a service sets. */
  readonly user: { readonly text: string; readonly start: number; readonly end: number } | undefined;
}

const MAX_INHERITS = 10;

/** Targets of a bake file; those that others inherit from are left out. `path` is that of the file. */
export function readBake(tree: Tree | undefined, path: string): ImageTarget[] {
  const targets = entriesOf(at(tree, "target"));
  const bases = new Set(targets.flatMap(({ value }) => textsOf(at(value, "inherits"))));
  return targets.flatMap((entry) => {
    const chain = ancestry(targets, entry);
    const get = (name: string): Tree | undefined =>
      chain.map((each) => at(each, name)).find((found) => found !== undefined);
    if (bases.has(entry.key.text)) return [];
    const context = textOf(get("context")) ?? ".";
    return [
      {
        name: entry.key.text,
        entry,
        dockerfile: posix(folderOf(path), context, textOf(get("dockerfile")) ?? "Dockerfile"),
        platforms: listOrOpen(get("platforms")),
        hasCache: get("cache-from") !== undefined || get("cache-to") !== undefined,
        isNamed: get("tags") !== undefined && !isLocal(get("output")),
        user: undefined,
      },
    ];
  });
}

/** Outputs that stay on the machine: "type=docker", "type=cacheonly", a directory. */
function isLocal(output: Tree | undefined): boolean {
  const outputs = textsOf(output);
  return (
    outputs.length > 0 && outputs.every((each) => !/(?:^|,)(?:type=(?:image|registry)|push=true)(?:,|$)/.test(each))
  );
}

function ancestry(targets: readonly Entry[], entry: Entry): Tree[] {
  const found: Tree[] = [];
  const queue = [entry.value];
  for (const each of queue) {
    if (found.length >= MAX_INHERITS) break;
    found.push(each);
    for (const name of textsOf(at(each, "inherits")).toReversed()) {
      const base = targets.find(({ key }) => key.text === name)?.value;
      if (base && !found.includes(base)) queue.push(base);
    }
  }
  return found;
}

/** Services of a compose file that are built. */
export function readCompose(tree: Tree | undefined, path: string): ImageTarget[] {
  return entriesOf(at(tree, "services")).flatMap((entry) => {
    const build = at(entry.value, "build");
    if (build === undefined) return [];
    const context = build.kind === "scalar" ? build.text : (textAt(build, "context") ?? ".");
    const user = at(entry.value, "user");
    return [
      {
        name: entry.key.text,
        entry,
        dockerfile: posix(folderOf(path), context, textAt(build, "dockerfile") ?? "Dockerfile"),
        platforms: listOrOpen(at(build, "platforms")),
        hasCache: at(build, "cache_from") !== undefined || at(build, "cache_to") !== undefined,
        isNamed: textAt(entry.value, "image") !== undefined,
        user: user?.kind === "scalar" ? user : undefined,
      },
    ];
  });
}

function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" ? tree.text : undefined;
}

function textsOf(tree: Tree | undefined): string[] {
  return itemsOf(tree).flatMap((item) => (item.kind === "scalar" ? [item.text] : []));
}

function listOrOpen(tree: Tree | undefined): readonly string[] | undefined {
  return tree === undefined ? undefined : textsOf(tree);
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
}
