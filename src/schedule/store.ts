// Files by the hash of their content, and which of them a key stands for. Whatever comes out was hashed again: an entry that is damaged
// is as good as none. So nothing waits for the disk.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Guard } from "../toolchain/failure.ts";
import { replaceFile, replaceLargeFile } from "../toolchain/replacefile.ts";

export class Store {
  readonly #directory: string;
  readonly #guard: Guard;

  constructor(directory: string, guard: Guard) {
    this.#directory = directory;
    this.#guard = guard;
  }

  /** Keeps content under its hash. Throws what the system says: a full disk is not hidden. */
  async put(bytes: Uint8Array, sha256: string): Promise<void> {
    const path = this.#blob(sha256);
    if (statSync(path, { throwIfNoEntry: false })?.size === bytes.length) return;
    mkdirSync(dirname(path), { recursive: true });
    await replaceLargeFile(path, bytes, 0o644, this.#guard, false);
  }

  /** The content with this hash; undefined if it is not there, or not what it should be: then it is removed. */
  get(sha256: string): Uint8Array | undefined {
    const path = this.#blob(sha256);
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch {
      return undefined;
    }
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      rmSync(path, { force: true });
      return undefined;
    }
    this.#used(path);
    return bytes;
  }

  /** Keeps what a key stands for: plain JSON. */
  note(key: string, value: unknown): void {
    const path = this.#note(key);
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, [`${JSON.stringify({ value, check: checkOf(key, value) })}\n`], this.#guard, false);
  }

  /** What a key stands for; undefined if nothing, or if it is damaged. */
  noted(key: string): unknown {
    const path = this.#note(key);
    try {
      const { value, check } = JSON.parse(readFileSync(path, "utf8")) as { value: unknown; check: unknown };
      if (check !== checkOf(key, value)) return undefined;
      this.#used(path);
      return value;
    } catch {
      return undefined;
    }
  }

  /** Removes what was not used for longest until the rest takes at most so many bytes. */
  trim(most: number): void {
    const files = ["blobs", "notes"].flatMap((kind) => filesBelow(join(this.#directory, kind)));
    let size = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files.sort((a, b) => a.used - b.used)) {
      if (size <= most) return;
      rmSync(file.path, { force: true });
      size -= file.size;
    }
  }

  #blob(sha256: string): string {
    return join(this.#directory, "blobs", sha256.slice(0, 2), sha256);
  }

  #note(key: string): string {
    return join(this.#directory, "notes", key.slice(0, 2), key);
  }

  /** Its time of change says when it was used last. */
  #used(path: string): void {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // gone meanwhile, or another's: it is only for trimming
    }
  }
}

function checkOf(key: string, value: unknown): string {
  return createHash("sha256")
    .update(`${key}\n${JSON.stringify(value)}`)
    .digest("hex");
}

function filesBelow(directory: string): { path: string; size: number; used: number }[] {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true }) as string[];
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, size: stat.size, used: stat.mtimeMs }] : [];
  });
}
