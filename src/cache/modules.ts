// Versions of modules in GOMODCACHE, and which of them no go.sum mentions.
// Layout: go.dev/ref/mod#module-cache; escaped paths: golang.org/x/mod/module (EscapePath).
import { chmodSync, type Dirent, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface ModuleVersion {
  readonly path: string;
  readonly version: string;
  /** Files and directories that hold it. */
  readonly places: readonly string[];
  readonly size: number;
}

const FILES = /^(v[^/]+?)\.(info|mod|zip|ziphash|lock)$/;
const MAX_DEPTH = 16;

/** Every version that the module cache has, downloaded or unpacked, by path and version. */
export function moduleVersions(directory: string): ModuleVersion[] {
  const found = new Map<string, { path: string; version: string; places: string[]; size: number }>();
  const add = (path: string, version: string, place: string): void => {
    const key = `${path}@${version}`;
    const known = found.get(key) ?? { path, version, places: [], size: 0 };
    known.places.push(place);
    known.size += sizeOf(place);
    found.set(key, known);
  };
  const downloads = (folder: string, path: string, depth: number): void => {
    for (const entry of entries(folder)) {
      const place = join(folder, entry.name);
      if (!entry.isDirectory() || depth > MAX_DEPTH) continue;
      if (entry.name !== "@v") {
        downloads(place, path === "" ? entry.name : `${path}/${entry.name}`, depth + 1);
        continue;
      }
      for (const file of entries(place)) {
        const version = FILES.exec(file.name)?.[1];
        if (version !== undefined) add(unescape(path), unescape(version), join(place, file.name));
      }
    }
  };
  const unpacked = (folder: string, path: string, depth: number): void => {
    for (const entry of entries(folder)) {
      if (!entry.isDirectory() || (path === "" && entry.name === "cache") || depth > MAX_DEPTH) continue;
      const at = entry.name.indexOf("@");
      const place = join(folder, entry.name);
      const name = at < 0 ? entry.name : entry.name.slice(0, at);
      const whole = path === "" ? name : `${path}/${name}`;
      if (at < 0) unpacked(place, whole, depth + 1);
      else add(unescape(whole), unescape(entry.name.slice(at + 1)), place);
    }
  };
  downloads(join(directory, "cache/download"), "", 0);
  unpacked(directory, "", 0);
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...found.values()].sort((a, b) => order(a.path, b.path) || order(a.version, b.version));
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** "!burnt!sushi" → "BurntSushi". */
const unescape = (text: string): string => text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());

function sizeOf(place: string): number {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.size;
  return entries(place).reduce((sum, { name }) => sum + sizeOf(join(place, name)), 0);
}

/** "path version" for each line of go.sum files; a line for a go.mod alone counts for its version too. */
export function mentioned(sums: readonly string[]): Set<string> {
  const out = new Set<string>();
  for (const text of sums) {
    for (const line of text.split("\n")) {
      const [path, version] = line.trim().split(/\s+/);
      if (version !== undefined) out.add(`${path} ${version.replace(/\/go\.mod$/, "")}`);
    }
  }
  return out;
}

/** Toolchains are modules that go.sum files seldom mention: they stay. */
export function unmentioned(versions: readonly ModuleVersion[], sums: ReadonlySet<string>): ModuleVersion[] {
  return versions.filter(({ path, version }) => path !== "golang.org/toolchain" && !sums.has(`${path} ${version}`));
}

/** Removes a version's files; the go command writes them read-only. */
export function removeVersion({ places }: ModuleVersion): void {
  for (const place of places) {
    makeWritable(place);
    rmSync(place, { recursive: true, force: true });
  }
}

function makeWritable(place: string): void {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return;
  chmodSync(place, 0o755);
  for (const entry of entries(place)) if (entry.isDirectory()) makeWritable(join(place, entry.name));
}
