// Hashes of files that are read again only when they may have changed: what a file's size, times and inode say is believed as far as
// the clock of its file system allows. Kept between runs in one file.
import { createHash } from "node:crypto";
import { type BigIntStats, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import type { Guard } from "../toolchain/failure.ts";
import { replaceFile } from "../toolchain/replacefile.ts";

/** What a file was when its hash was taken, all in text for want of 64-bit numbers: size, mtime, ctime, inode; then when, and the hash. */
type Row = readonly [
  path: string,
  size: string,
  mtime: string,
  ctime: string,
  inode: string,
  seen: string,
  sha256: string,
];

const schema = z.strictObject({
  schema: z.literal("pare.digests/1"),
  files: z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()])),
});

/** Files that are remembered. */
const MOST = 100_000;

/** Nanoseconds within which a second change may leave the same time: a kernel's tick, or two seconds where times are whole seconds. */
const TICK = 20_000_000n;
const COARSE = 2_000_000_000n;

export class Digests {
  readonly #path: string;
  readonly #known: Map<string, Row>;
  #isChanged = false;

  /** `path`: where they are kept. */
  constructor(path: string) {
    this.#path = path;
    this.#known = load(path);
  }

  /** SHA-256 of a regular file's content, links followed; undefined if there is none that can be read. */
  of(path: string): string | undefined {
    const found = stat(path);
    if (found === undefined || !found.isFile()) return undefined;
    const row = this.#known.get(path);
    if (row !== undefined && isSame(row, found)) return row[6];
    const now = nanoseconds();
    let sha256: string;
    try {
      sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    } catch {
      return undefined;
    }
    this.#note(path, found, now, sha256);
    return sha256;
  }

  /** Takes a hash for granted: that of a file which was just written. */
  put(path: string, sha256: string): void {
    const found = stat(path);
    if (found === undefined) return;
    // what is written under a temporary name and renamed is not changed in place by anyone of us
    this.#note(path, found, nanoseconds() + COARSE + 1n, sha256);
  }

  /** Whether a file was changed, or put in its place, after a moment of {@link nanoseconds}; true if it is gone. */
  static isNewer(path: string, moment: bigint): boolean {
    const found = stat(path);
    return found === undefined || newest(found) + granularity(found) >= moment;
  }

  #note(path: string, found: BigIntStats, seen: bigint, sha256: string): void {
    const { size, mtimeNs, ctimeNs, ino } = found;
    this.#known.delete(path);
    this.#known.set(path, [path, `${size}`, `${mtimeNs}`, `${ctimeNs}`, `${ino}`, `${seen}`, sha256]);
    this.#isChanged = true;
  }

  /** Keeps them; a place that cannot be written is not an error. */
  save(guard: Guard): void {
    if (!this.#isChanged) return;
    const files = [...this.#known.values()].slice(-MOST);
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      replaceFile(this.#path, [`${JSON.stringify({ schema: "pare.digests/1", files })}\n`], guard);
    } catch {
      // the next run reads the files again
    }
  }
}

/** Now, on the clock that file times are given in. */
export function nanoseconds(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function isSame([, size, mtime, ctime, inode, seen]: Row, found: BigIntStats): boolean {
  return (
    size === `${found.size}` &&
    mtime === `${found.mtimeNs}` &&
    ctime === `${found.ctimeNs}` &&
    inode === `${found.ino}` &&
    // changed so shortly before it was read that a later change may look the same
    newest(found) + granularity(found) < BigInt(seen)
  );
}

function newest({ mtimeNs, ctimeNs }: BigIntStats): bigint {
  return mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
}

function granularity({ mtimeNs, ctimeNs }: BigIntStats): bigint {
  return mtimeNs % 1_000_000_000n === 0n && ctimeNs % 1_000_000_000n === 0n ? COARSE : TICK;
}

function stat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function load(path: string): Map<string, Row> {
  try {
    return new Map(schema.parse(JSON.parse(readFileSync(path, "utf8"))).files.map((row) => [row[0], row]));
  } catch {
    return new Map();
  }
}
