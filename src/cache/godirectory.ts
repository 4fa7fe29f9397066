// Go's own build cache on disk, read and written as the go command does, so that both share what is there.
// Format: GOROOT/src/cmd/go/internal/cache/cache.go: <xx>/<action>-a is one line of 175 bytes, <xx>/<output>-d the output itself.
import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";

export interface Output {
  /** SHA-256 of the bytes, hex. */
  readonly id: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Absolute path of the file that holds it. */
  readonly path: string;
}

const ENTRY = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) ([ \d]{20}) ([ \d]{20})\n$/;
/** The go command sets times at most once an hour. */
const TIME_INTERVAL = 3_600_000;

/** Where the go command keeps its cache if nothing was set with `go env -w`: os.UserCacheDir. */
export function goCacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.GOCACHE) return env.GOCACHE;
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/go-build");
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? homedir(), "go-build");
  return join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "go-build");
}

export class GoDirectory {
  private readonly directory: string;
  private written = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  private path(id: string, kind: "a" | "d"): string {
    return `${this.directory}${sep}${id.slice(0, 2)}${sep}${id}-${kind}`;
  }

  /** What an action made, if it is here whole. */
  get(action: string): Output | undefined {
    let line: string;
    const entry = this.path(action, "a");
    try {
      // of all encodings the one that Node reads a file with in one step
      line = readFileSync(entry, "utf8");
    } catch {
      return undefined;
    }
    const found = ENTRY.exec(line);
    if (found?.[1] !== action) return undefined;
    const [, , id, size, time] = found;
    const path = this.path(id, "d");
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.size !== Number(size)) return undefined;
    touch(entry, statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    touch(path, stat.mtimeMs);
    return { id, size: Number(size), time: Number(time) / 1e6, path };
  }

  /** Keeps what an action made; `bytes` must have been seen to hash to `id`. Throws what the system says. */
  put(action: string, id: string, bytes: Uint8Array): Output {
    const path = this.path(id, "d");
    if (statSync(path, { throwIfNoEntry: false })?.size !== bytes.length) this.write(path, bytes);
    const time = Date.now();
    const [size, nanoseconds] = [bytes.length, `${time}000000`].map((value) => String(value).padStart(20));
    this.write(this.path(action, "a"), `v1 ${action} ${id} ${size} ${nanoseconds}\n`);
    return { id, size: bytes.length, time, path };
  }

  /** Whole or not at all: other builds read meanwhile. */
  private write(path: string, content: Uint8Array | string): void {
    const temporary = `${path}.${process.pid}-${this.written++}.tmp`;
    try {
      writeFileSync(temporary, content);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(temporary, content);
    }
    renameSync(temporary, path);
  }
}

function touch(path: string, before: number): void {
  const now = Date.now();
  if (now - before < TIME_INTERVAL) return;
  try {
    utimesSync(path, now / 1000, now / 1000);
  } catch {
    // another build may just have trimmed it, or the cache is read-only
  }
}
