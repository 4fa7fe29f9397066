// A directory that looks like another, except for some files: for trees that the go command does not allow overlays in.
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Makes `copy` stand for `tree`: real directories on the way to what differs, links for all others, files copied. `changes` are paths
 * relative to the tree with their new text; null takes a file away. `real` are more directories that must not be links.
 */
export function shadow(
  tree: string,
  copy: string,
  changes: ReadonlyMap<string, Uint8Array | string | null>,
  real: readonly string[] = [],
): void {
  const directories = new Set([""]);
  for (const path of [...Array.from(changes.keys(), dirname), ...real])
    for (let at = path; at !== "." && at !== "" && !directories.has(at); at = dirname(at)) directories.add(at);
  for (const directory of [...directories].sort()) {
    mkdirSync(join(copy, directory), { recursive: true });
    let entries;
    try {
      entries = readdirSync(join(tree, directory), { withFileTypes: true });
    } catch {
      // a new one
      continue;
    }
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (directories.has(path) || changes.has(path)) continue;
      const [from, to] = [join(tree, path), join(copy, path)];
      if (entry.isDirectory()) symlinkSync(from, to, "junction");
      else copyFileSync(from, to);
    }
  }
  for (const [path, text] of changes) if (text !== null) writeFileSync(join(copy, path), text);
}
