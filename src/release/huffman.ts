// Huffman codes that deflate can use: lengths from frequencies, and the codes that follow from lengths.

/** Lengths of an optimal prefix code for these frequencies, none above `most`; symbols that do not occur have length 0. */
export function codeLengths(frequencies: Uint32Array, most: number): Uint8Array {
  const lengths = new Uint8Array(frequencies.length);
  const used: number[] = [];
  for (let symbol = 0; symbol < frequencies.length; symbol++) if (frequencies[symbol] > 0) used.push(symbol);
  if (used.length === 0) return lengths;
  if (used.length === 1) {
    // a code of one word is half empty, and not every reader takes it
    lengths[used[0]] = 1;
    lengths[used[0] === 0 ? 1 : 0] = 1;
    return lengths;
  }
  // symbols order equal frequencies, so that the code depends on nothing else
  used.sort((a, b) => frequencies[a] - frequencies[b] || a - b);
  const counts = depthCounts(
    used.map((symbol) => frequencies[symbol]),
    most,
  );
  let at = 0;
  for (let length = most; length > 0; length--) for (let i = 0; i < counts[length]; i++) lengths[used[at++]] = length;
  return lengths;
}

/** How many leaves the tree of these weights (ascending, two or more) has at each depth, none below `most`. */
function depthCounts(weights: readonly number[], most: number): number[] {
  const n = weights.length;
  // leaves first, then inner nodes in the order of making, which is the order of their weights
  const sums = new Float64Array(n - 1);
  const parents = new Int32Array(2 * n - 1);
  let leaf = 0;
  let inner = 0;
  for (let made = 0; made < n - 1; made++) {
    let sum = 0;
    for (let i = 0; i < 2; i++) {
      if (leaf < n && (inner >= made || weights[leaf] <= sums[inner])) {
        parents[leaf] = n + made;
        sum += weights[leaf++];
      } else {
        parents[n + inner] = n + made;
        sum += sums[inner++];
      }
    }
    sums[made] = sum;
  }
  const depths = new Int32Array(2 * n - 1);
  const counts = Array.from({ length: most + 1 }, () => 0);
  for (let node = 2 * n - 3; node >= 0; node--) {
    depths[node] = depths[parents[node]] + 1;
    if (node < n) counts[Math.min(depths[node], most)]++;
  }
  // leaves that were lifted take more room than there is: others go down until it fits
  let room = 0;
  for (let depth = 1; depth <= most; depth++) room += counts[depth] << (most - depth);
  for (; room > 1 << most; room--) {
    counts[most]--;
    let depth = most - 1;
    while (counts[depth] === 0) depth--;
    counts[depth]--;
    counts[depth + 1] += 2;
  }
  return counts;
}

/** The canonical codes of these lengths (RFC 1951, 3.2.2), their bits turned round as they are written. */
export function codesOf(lengths: Uint8Array): Uint16Array {
  const counts = new Uint16Array(17);
  for (const length of lengths) if (length > 0) counts[length]++;
  const next = new Uint16Array(17);
  for (let length = 1, code = 0; length <= 15; length++) {
    code = (code + counts[length - 1]) << 1;
    next[length] = code;
  }
  const codes = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length > 0) codes[symbol] = turned(next[length]++, length);
  return codes;
}

function turned(code: number, length: number): number {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
}
