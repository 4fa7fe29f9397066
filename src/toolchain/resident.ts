// Resident memory of a process, by pages that it has to itself and pages that others have too (Linux, proc(5): smaps_rollup).
import { readFileSync } from "node:fs";

export interface ResidentMemory {
  readonly privateBytes: number;
  readonly sharedBytes: number;
}

/** Bytes; undefined if the system does not tell, or the process is gone. */
export function residentOf(pid: number): ResidentMemory | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  } catch {
    return undefined;
  }
  return parseRollup(text);
}

/** Sums the clean and dirty pages of each sort. */
export function parseRollup(text: string): ResidentMemory {
  let privateBytes = 0;
  let sharedBytes = 0;
  for (const [, sort, kib] of text.matchAll(/^(Private|Shared)_(?:Clean|Dirty|Hugetlb):\s+(\d+) kB$/gm)) {
    if (sort === "Private") privateBytes += Number(kib) * 1024;
    else sharedBytes += Number(kib) * 1024;
  }
  return { privateBytes, sharedBytes };
}
