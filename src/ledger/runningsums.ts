// From how many there are of each to where each begins. A loop of its own, for V8: see `sortedOrder`.

/** Each number becomes the sum of all up to it. */
export function runningSums(counts: Uint32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i] += counts[i - 1];
}
