// What an answer of the go command depends on, as things that can be looked at again without it: files, trees of source files, names.
import { createHash } from "node:crypto";
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Digests } from "./digests.ts";

/**
 * file: whether it is there, and its content. tree: names and contents of everything below a directory that a build of Go may read.
 * names: names of all files below a directory, for patterns of //go:embed.
 */
export type Look = readonly ["file" | "tree" | "names", string];

/** What go/build reads by its ending (GOROOT/src/go/build/build.go, matchFile), and the files that steer it; not what only tests need. */
const SOURCE = /\.(?:go|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$/;
const STEERING = /^(?:go\.mod|go\.sum|go\.work|go\.work\.sum|modules\.txt|default\.pgo)$/;

/** Directories that packages are not looked for in; one that is imported all the same is looked at by itself. */
const SKIPPED = /^(?:[._].*|testdata|node_modules)$/;

/** Depth of directories: what is deeper is a loop of mounts. */
const DEEPEST = 100;

/** One value for all that is seen: the same as long as nothing of it changed. `seen` hears every file whose content counts. */
export function lookAt(looks: readonly Look[], digests: Digests, seen?: (path: string) => void): string {
  const hash = createHash("sha256");
  for (const [kind, path] of looks) {
    hash.update(`${kind}\0${path}\0`);
    if (kind === "names") {
      for (const name of filesBelow(
        path,
        () => true,
        () => true,
      ))
        hash.update(`${name}\0`);
    } else if (kind === "file") {
      seen?.(path);
      hash.update(`${digests.of(path) ?? ""}\0`);
    } else {
      for (const name of sourcesBelow(path)) {
        const file = join(path, name);
        seen?.(file);
        hash.update(`${name}\0${digests.of(file) ?? ""}\0`);
      }
    }
  }
  return hash.digest("hex");
}

/** Files of a tree that a build may read, as sorted paths below it. */
export function sourcesBelow(root: string): string[] {
  return filesBelow(root, isSource, (name) => !SKIPPED.test(name));
}

/** Directories of a tree that are looked into. */
export function isLookedInto(way: string): boolean {
  return way === "" || way.split(/[/\\]/).every((word) => !SKIPPED.test(word));
}

function isSource(name: string): boolean {
  return STEERING.test(name) || (SOURCE.test(name) && !name.endsWith("_test.go"));
}

function filesBelow(root: string, isWanted: (name: string) => boolean, isEntered: (name: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (way: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(root, way), { withFileTypes: true });
    } catch {
      // a directory that cannot be read has nothing that could be built
      return;
    }
    for (const entry of entries) {
      const below = way === "" ? entry.name : `${way}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth < DEEPEST && isEntered(entry.name)) visit(below, depth + 1);
      } else if (isWanted(entry.name)) found.push(below);
    }
  };
  visit("", 0);
  return found.sort();
}
