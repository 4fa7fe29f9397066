// One archive: what goes into it, sorted, and its bytes.
import { crc32 } from "node:zlib";
import { deflate, type Level } from "./deflate.ts";
import type { Entry } from "./entry.ts";
import { tar } from "./tar.ts";
import { zip } from "./zip.ts";

/** Counts up with every change of the bytes that are written for the same input: it is part of what an archive depends on. */
export const PACKAGING_VERSION = 2;

export interface Packing {
  readonly format: "tar.gz" | "zip";
  readonly entries: readonly Entry[];
  /** Seconds since 1970. */
  readonly epoch: number;
  /** 1 to 9. */
  readonly level: number;
}

/** The archive's bytes: the same for the same input on every machine, for the compression is pare's own, not the system's zlib. */
export function pack({ format, entries, epoch, level }: Packing): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (format === "zip") return zip(sorted, epoch, level as Level);
  return gzip(tar(sorted, epoch), level as Level);
}

/** RFC 1952, without a name and a time. */
function gzip(bytes: Uint8Array, level: Level): Uint8Array {
  const packed = deflate(bytes, level);
  const out = Buffer.alloc(10 + packed.length + 8);
  // the last two: level, as far as the format has words for it, and Unix
  out.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, level === 9 ? 2 : level === 1 ? 4 : 0, 3]);
  out.set(packed, 10);
  out.writeUInt32LE(crc32(bytes), 10 + packed.length);
  out.writeUInt32LE(bytes.length % 2 ** 32, 14 + packed.length);
  return out;
}
