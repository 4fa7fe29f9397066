// What an executable alone still tells about a target: its bytes and functions, but not who refers to them.
import type { Snapshot, SnapshotPackage } from "../ledger/snapshot.ts";

export const WHY_FILE_SCHEMA = "pare.why-file/1";

const MOST_SYMBOLS = 20;

export interface WhyFile {
  readonly schema: typeof WHY_FILE_SCHEMA;
  readonly target: string;
  /** Bytes that it owns in the ledger. */
  readonly attributed: number;
  /** Functions of it in the function table. */
  readonly functions: number;
  /** The largest first. */
  readonly symbols: readonly { readonly name: string; readonly package: string; readonly bytes: number }[];
}

/** `summary` must have symbols. undefined if no module, package or symbol has that name. */
export function whyFromFile(summary: Snapshot, target: string): WhyFile | undefined {
  const packages = summary.modules.flatMap((m) => m.packages.map((p) => ({ p, module: m.path })));
  const meant = packages.filter(({ p, module }) => p.path === target || module === target).map(({ p }) => p);
  const found =
    meant.length > 0
      ? meant.flatMap((p) => rows(p))
      : packages.flatMap(({ p }) => rows(p).filter((row) => row.name === target));
  if (found.length === 0) return undefined;
  const sum = (list: readonly { bytes: number }[]): number => list.reduce((total, { bytes }) => total + bytes, 0);
  const named = found.filter(({ name }) => name !== "").sort((a, b) => b.bytes - a.bytes);
  return {
    schema: WHY_FILE_SCHEMA,
    target,
    attributed: meant.length > 0 ? sum(meant) : sum(found),
    functions: named.filter(({ letter }) => letter === "T").length,
    symbols: named.slice(0, MOST_SYMBOLS).map(({ name, package: pkg, bytes }) => ({ name, package: pkg, bytes })),
  };
}

function rows(p: SnapshotPackage): { name: string; package: string; bytes: number; letter: string }[] {
  return (p.symbols ?? []).map(({ name, bytes, letter }) => ({ name, package: p.path, bytes, letter }));
}
