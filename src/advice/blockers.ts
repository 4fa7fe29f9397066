// Cures of what turns the linker's method dead-code elimination off.
import { linkedIn, openCures } from "./cures.ts";
import { matchesName, matchesSome } from "./patterns.ts";
import type { Program } from "./program.ts";
import { goVersionIn } from "./ranges.ts";
import type { Blocker, Cure } from "./schema.ts";

/** A reachable function that uses reflection so that the linker must keep all exported methods. */
export interface BlockerUse {
  /** Linker name. */
  readonly symbol: string;
  readonly package: string;
  /** Import paths from main to the symbol's own package, as the chain that reaches it goes; may be empty. */
  readonly chain: readonly string[];
}

export interface BlockerCure {
  readonly entry: Blocker;
  /** Import path of the package on the chain that the entry speaks of. */
  readonly through: string | undefined;
  readonly cures: readonly Cure[];
}

/**
 * What is known about a blocker, the nearest to it on its chain first; what is true in general only if nothing else is known. Empty if
 * nothing is. Versions that say nothing count as bad.
 */
export function blockerCures(entries: readonly Blocker[], program: Program, use: BlockerUse): BlockerCure[] {
  const found: (BlockerCure & { readonly rank: number })[] = [];
  const name = (path: string): string => program.packages.get(path)?.name ?? path;
  for (const entry of entries) {
    const { match } = entry;
    if (match.in && !matchesSome(match.in, name(use.package))) continue;
    if (match.symbols && !match.symbols.some((pattern) => matchesName(pattern, use.symbol))) continue;
    if (match.go !== undefined && goVersionIn(match.go, program.goVersion) === false) continue;
    if (match.linked && !match.linked.some((each) => linkedIn(program, each.module, each.versions) !== false)) continue;
    let rank = -1;
    if (match.through) {
      const patterns = match.through;
      rank = use.chain.findLastIndex((path) => matchesSome(patterns, name(path)));
      if (rank < 0) continue;
    }
    const cures = openCures(entry.cures, program);
    if (cures.length > 0) found.push({ entry, through: use.chain[rank], cures, rank });
  }
  const special = found.filter((each) => each.entry.fallback !== true);
  return (special.length > 0 ? special : found)
    .sort((a, b) => b.rank - a.rank)
    .map(({ entry, through, cures }) => ({ entry, through, cures }));
}
