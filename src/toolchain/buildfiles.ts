// Finds and reads the build files of a directory. Links are not followed: what they lead to is found where it lies, or lies outside.
import { chmodSync, type Dirent, lstatSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type BuildFile, kindOf, readBuildFile } from "../buildfiles/buildfile.ts";
import { Unreadable } from "../buildfiles/unreadable.ts";
import { type Guard, ToolFailure } from "./failure.ts";
import { isUnreadable, readFile } from "./files.ts";
import { replaceFile } from "./replacefile.ts";

export interface FoundFiles {
  /** Sorted by path. */
  readonly files: readonly BuildFile[];
  /** Files that could not be read, and why. */
  readonly warnings: readonly string[];
  readonly exists: (path: string) => boolean;
}

const MAX_DEPTH = 8;
const MAX_ENTRIES = 100_000;
const MAX_FILES = 1000;
/** Larger files are no build files, whatever their names. */
export const MAX_FILE_BYTES = 1 << 20;

/** Directories of other people's code, of tests' data, and of what is made. */
const SKIPPED = new Set(["node_modules", "vendor", "testdata", "third_party"]);

/** Reads all build files below a directory. Throws ToolFailure if it is none. */
export function readBuildFiles(directory: string): FoundFiles {
  const root = resolve(directory);
  if (lstatOf(`${root}/.`)?.isDirectory() !== true) throw isUnreadable(directory, "no such directory");
  const warnings: string[] = [];
  const files: BuildFile[] = [];
  for (const path of walk(root, warnings)) {
    try {
      files.push(readOne(root, path));
    } catch (error) {
      warnings.push(problem(path, error));
    }
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, warnings: warnings.sort(), exists: (path) => lstatOf(join(root, path)) !== undefined };
}

function readOne(root: string, path: string): BuildFile {
  return readBuildFile(kindOf(path)!, path, readText(join(root, path), path));
}

/**
 * Writes the new text of a file that was read, whole or not at all. Throws ToolFailure if it is no longer what was read, or lies, through
 * a link, elsewhere.
 */
export function writeBuildFile(
  directory: string,
  change: { path: string; before: string; after: string },
  guard: Guard,
): void {
  const root = realpathSync(directory);
  const file = join(root, change.path);
  const stat = lstatSync(file);
  const folder = realpathSync(dirname(file));
  const isInside = folder === root || folder.startsWith(root.endsWith(sep) ? root : root + sep);
  if (!stat.isFile() || !isInside)
    throw isUnreadable(change.path, "is a link, or lies outside of the directory: not written");
  if (readText(file, change.path) !== change.before)
    throw isUnreadable(change.path, "changed since it was read: not written");
  replaceFile(file, [change.after], guard);
  // the new file has the rights of any new file
  chmodSync(file, stat.mode & 0o777);
}

/** A whole text file. Throws ToolFailure. */
export function readText(file: string, name: string): string {
  const size = lstatOf(file)?.size ?? 0;
  if (size > MAX_FILE_BYTES) throw isUnreadable(name, `is larger than ${MAX_FILE_BYTES >> 20} MiB: not read`);
  const bytes = readFile(file, name);
  if (bytes.includes(0)) throw isUnreadable(name, "holds NUL bytes: not a text file");
  try {
    // a byte order mark stays, so that offsets fit the file
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw isUnreadable(name, "is not UTF-8");
  }
}

function problem(path: string, error: unknown): string {
  if (error instanceof Unreadable) return `${path}:${error.line}: ${error.message}`;
  if (error instanceof ToolFailure) return error.message;
  if (error instanceof RangeError) return `${path}: nested too deeply`;
  throw error;
}

function lstatOf(path: string): ReturnType<typeof lstatSync> {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Paths of build files below, "/" between elements. */
function walk(root: string, warnings: string[]): string[] {
  const found: string[] = [];
  const queue: { readonly path: string; readonly depth: number }[] = [{ path: "", depth: 0 }];
  let entries = 0;
  for (const { path: directory, depth } of queue) {
    let list: Dirent[];
    try {
      list = readdirSync(join(root, directory), { withFileTypes: true });
    } catch (error) {
      warnings.push(`${directory || "."}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
      continue;
    }
    list.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of list) {
      if (++entries > MAX_ENTRIES || found.length >= MAX_FILES) {
        warnings.push(`more than ${entries > MAX_ENTRIES ? MAX_ENTRIES : MAX_FILES} files: the rest was not looked at`);
        return found;
      }
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (entry.isFile() && kindOf(path) !== undefined) found.push(path);
      const isHidden = entry.name.startsWith(".") && entry.name !== ".github";
      if (entry.isDirectory() && !isHidden && !SKIPPED.has(entry.name) && depth < MAX_DEPTH)
        queue.push({ path, depth: depth + 1 });
    }
  }
  return found;
}
