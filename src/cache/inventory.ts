// What Go's build cache holds, by age and kind, and what of it can go.
import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

export interface CacheFile {
  readonly path: string;
  readonly size: number;
  /** Last use to the hour: milliseconds since 1970. */
  readonly used: number;
  readonly kind: Kind;
  /** An output that no action leads to, an action whose output is gone, or a leftover of an interrupted write. */
  readonly orphaned: boolean;
}

/** action: 175 bytes that lead to an output. package: a compiled package. program: an executable. Other outputs: vet facts, test results, cgo. */
export const KINDS = ["package", "program", "other output", "action", "leftover"] as const;
export type Kind = (typeof KINDS)[number];

const NAME = /^([0-9a-f]{64})-([ad])$/;
const TEMPORARY = /\.tmp$/;
const OUTPUT_IN_ENTRY = 3 + 64 + 1;
/** Another process may be between the two files of an entry. */
const FRESH = 3_600_000;

/** All files of a build cache. Only what has the names that the go command (or pare) gives; the rest is none of ours. */
export function inventory(directory: string, now: number): CacheFile[] {
  const outputs: { id: string; path: string; size: number; used: number }[] = [];
  const actions: { output: string; path: string; size: number; used: number }[] = [];
  const out: CacheFile[] = [];
  for (const folder of entries(directory)) {
    if (!folder.isDirectory() || !/^[0-9a-f]{2}$/.test(folder.name)) continue;
    for (const file of entries(join(directory, folder.name))) {
      if (!file.isFile()) continue;
      const path = join(directory, folder.name, file.name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat) continue;
      const { size, mtimeMs: used } = stat;
      const found = NAME.exec(file.name);
      if (found?.[2] === "d") outputs.push({ id: found[1], path, size, used });
      else if (found?.[2] === "a") actions.push({ output: outputOf(path), path, size, used });
      else if (TEMPORARY.test(file.name))
        out.push({ path, size, used, kind: "leftover", orphaned: now - used > FRESH });
    }
  }
  const present = new Set(outputs.map(({ id }) => id));
  const wanted = new Set(actions.map(({ output }) => output));
  for (const { output, path, size, used } of actions) {
    out.push({ path, size, used, kind: "action", orphaned: !present.has(output) && now - used > FRESH });
  }
  for (const { id, path, size, used } of outputs) {
    out.push({ path, size, used, kind: kindOf(path), orphaned: !wanted.has(id) && now - used > FRESH });
  }
  return out;
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function outputOf(path: string): string {
  try {
    return readFileSync(path, "latin1").slice(OUTPUT_IN_ENTRY, OUTPUT_IN_ENTRY + 64);
  } catch {
    return "";
  }
}

function kindOf(path: string): Kind {
  const head = Buffer.alloc(8);
  try {
    const fd = openSync(path, "r");
    readSync(fd, head, 0, 8, 0);
    closeSync(fd);
  } catch {
    return "other output";
  }
  const text = head.toString("latin1");
  if (text.startsWith("!<arch>\n")) return "package";
  return text.startsWith("\x7fELF") || text.startsWith("MZ") || /^[\xce\xcf]\xfa\xed\xfe/.test(text)
    ? "program"
    : "other output";
}

export interface TrimOptions {
  readonly now: number;
  /** What was not used for longer goes: seconds. */
  readonly maxAge?: number;
  /** The longest unused go until the rest fits: bytes. */
  readonly maxSize?: number;
  readonly dryRun?: boolean;
}

export interface Trimmed {
  readonly removed: readonly CacheFile[];
  readonly kept: readonly CacheFile[];
}

/** Uses are noted once an hour, so an age may be an hour less than it looks. */
const GRANULARITY = 3_600_000;

/** Removes orphans, then by last use. Actions go before their outputs: an action must not lead to what is gone. */
export function trim(files: readonly CacheFile[], options: TrimOptions): Trimmed {
  const { now, maxAge, maxSize, dryRun = false } = options;
  const removed: CacheFile[] = [];
  const kept: CacheFile[] = [];
  let size = 0;
  for (const file of [...files].sort((a, b) => b.used - a.used || (a.path < b.path ? -1 : 1))) {
    const isOld = maxAge !== undefined && now - file.used > maxAge * 1000 + GRANULARITY;
    const isTooMuch = maxSize !== undefined && size + file.size > maxSize;
    if (file.orphaned || isOld || isTooMuch) removed.push(file);
    else {
      kept.push(file);
      size += file.size;
    }
  }
  removed.sort((a, b) => Number(b.kind === "action") - Number(a.kind === "action"));
  if (!dryRun) for (const { path } of removed) rmSync(path, { force: true });
  return { removed, kept };
}
