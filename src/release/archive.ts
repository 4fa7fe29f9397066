// One archive: what goes into it, sorted, and its bytes.
import { gzipSync } from "fflate";
import type { Entry } from "./entry.ts";
import { tar } from "./tar.ts";
import { type Level, zip } from "./zip.ts";

/** Counts up with every change of the bytes that are written for the same input: it is part of what an archive depends on. */
export const PACKAGING_VERSION = 1;

export interface Packing {
  readonly format: "tar.gz" | "zip";
  readonly entries: readonly Entry[];
  /** Seconds since 1970. */
  readonly epoch: number;
  /** 1 to 9. */
  readonly level: number;
}

/** The archive's bytes: the same for the same input on every machine, for the compression is JavaScript, not the system's zlib. */
export function pack({ format, entries, epoch, level }: Packing): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (format === "zip") return zip(sorted, epoch, level as Level);
  return gzipSync(tar(sorted, epoch), { level: level as Level, mtime: 0 });
}
