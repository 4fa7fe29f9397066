// Where a package is entered from outside, and what each entrance alone keeps.
import { eachKept, type Reference } from "./chains.ts";
import type { Bill } from "./cost.ts";
import { withGates } from "./gates.ts";
import { type Ground, groundOf, type Reach } from "./reach.ts";
import { type Price, retained } from "./retained.ts";

/**
 * References from nodes outside that are there without the target, to nodes of the target. `inside` marks the target's nodes;
 * `without` is a run that lacks them.
 */
export function entrances(ground: Ground, whole: Reach, without: Reach, inside: Uint8Array): Reference[] {
  const found: Reference[] = [];
  for (let from = 0; from < ground.graph.count; from++) {
    if (inside[from] !== 0 || !without.isReached(from)) continue;
    eachKept(ground, whole, from, (to, how, index) => {
      if (inside[to] !== 0) found.push({ from, to, how, index });
    });
  }
  return found;
}

/** Bytes that leave when only these references are cut, for each group, and for each of its members if `each` says so. */
export function priceEntrances(
  ground: Ground,
  bill: Bill,
  groups: readonly (readonly Reference[])[],
  each: boolean,
): Price[] {
  const { graph } = ground;
  const gates = groups.flat().map(({ how, index }) => (how === "method" ? { part: index } : { edge: index }));
  let next = graph.count;
  const items = groups.map((group) => {
    const parts = group.map(() => ({ members: [[next++]] }));
    return { members: parts.flatMap((part) => part.members), ...(each ? { parts } : {}) };
  });
  return retained(groundOf(withGates(graph, gates)), bill, items);
}
