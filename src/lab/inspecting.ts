// Files of variants, looked at in threads of their own.
import type { compressedSizes } from "../toolchain/compress.ts";
import { Threads } from "../toolchain/threads.ts";
import type { Inspected } from "./inspect.ts";

export interface InspectRequest {
  readonly path: string;
  /** Absolute directories to look for in it; null: it is packed, and only compressed. */
  readonly places: readonly string[] | null;
}

export interface InspectAnswer {
  readonly sizes: Awaited<ReturnType<typeof compressedSizes>>;
  /** What it tells, or why it cannot be read. Null if it was not asked. */
  readonly file: Inspected | { readonly unreadable: string } | null;
}

/** Bytes that reading a file takes, over those of the file: tables of an executable, and what they are made of. */
export const INSPECT_MEMORY = 6;

export const inspectors = (): Threads<InspectRequest, InspectAnswer> => new Threads("inspectworker", import.meta.url);
