// The GC program of a data segment: which words are pointers. Format: runtime/mbitmap.go, runGCProg.

/**
 * For each word of a segment of `words` words whether it is a pointer, 1 or 0; `program` starts at the first instruction.
 * Stops quietly at damage: what was found until then is right.
 */
export function pointerWords(program: Uint8Array, words: number): Uint8Array {
  const bits = new Uint8Array(words);
  let n = 0;
  let at = 0;
  const varint = (): number => {
    let v = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const b = program[at++] ?? 0;
      v += (b & 127) * 2 ** shift;
      if (b < 128) break;
    }
    return v;
  };
  while (at < program.length && n < words) {
    const inst = program[at++];
    const count = inst & 127;
    if (inst < 128) {
      if (count === 0) break;
      for (let i = 0; i < count && n < words; i++) bits[n++] = (program[at + (i >> 3)] >> (i & 7)) & 1;
      at += (count + 7) >> 3;
      continue;
    }
    const span = count === 0 ? varint() : count;
    const total = span * varint();
    if (span === 0 || span > n) break;
    const end = Math.min(words, n + total);
    for (; n < end; n++) bits[n] = bits[n - span];
  }
  return bits;
}
