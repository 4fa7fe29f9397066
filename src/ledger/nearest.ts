// The word that was probably meant.
import { byName } from "./snapshot.ts";

/** The candidate with the fewest letters to change, if it is close: a quarter of the word's letters, two at least. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const best = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance || byName(a.candidate, b.candidate))[0];
  return best && best.distance <= Math.max(2, word.length / 4) ? best.candidate : undefined;
}

/** Insertions, deletions and replacements that make one word the other (Wagner, Fischer 1974); words of very unequal length: Infinity. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 4 || a.length > 256) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
