// Deflate that writes the same bytes on every machine and with every version of Node, which its zlib does not: it takes what the
// processor has. Format: RFC 1951. Matches are searched along chains of places with equal hashes of four bytes, and put off by a byte
// if the next place has a better one.
import { codeLengths, codesOf } from "./huffman.ts";

/** Levels of compression, as gzip counts them. */
export type Level = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** How long is searched: places looked at, a length that is good enough, and whether the next place is tried too. */
interface Effort {
  readonly depth: number;
  readonly nice: number;
  readonly isLazy: boolean;
}

const EFFORTS: readonly Effort[] = [
  { depth: 2, nice: 16, isLazy: false },
  { depth: 4, nice: 24, isLazy: false },
  { depth: 8, nice: 32, isLazy: false },
  { depth: 16, nice: 48, isLazy: false },
  { depth: 10, nice: 32, isLazy: true },
  { depth: 20, nice: 64, isLazy: true },
  { depth: 64, nice: 128, isLazy: true },
  { depth: 256, nice: 258, isLazy: true },
  { depth: 1024, nice: 258, isLazy: true },
];

const WINDOW = 32_768;
const MASK = WINDOW - 1;
const LONGEST = 258;
const HASH_BITS = 15;
const HASH3_BITS = 13;
/** Spreads bytes over a hash: 2 to the 32nd divided by the golden ratio. */
const SPREAD = 0x9e37_79b1;
/** Farther than this a match of three bytes costs more than three literals. */
const NEAR = 4096;
/** Symbols and bytes in a block at most. */
const BLOCK = 1 << 15;
/** What a stored block can hold. */
const STORED = 65_535;
const END = 256;

/** Lengths and distances: symbol, extra bits, and first value of each symbol (RFC 1951, 3.2.5). */
const LENGTH_EXTRA = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0,
);
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, i) => Math.max((i >> 1) - 1, 0));
const LENGTH_BASE = basesOf(LENGTH_EXTRA, 3);
LENGTH_BASE[28] = LONGEST;
const DISTANCE_BASE = basesOf(DISTANCE_EXTRA, 1);
const LENGTH_SYMBOL = symbolsOf(LENGTH_BASE, LONGEST + 1);
/** Of distances up to 256, and of those above by their upper bits. */
const NEAR_SYMBOL = symbolsOf(DISTANCE_BASE, 257);
const FAR_SYMBOL = Uint8Array.from({ length: 257 }, (_, i) => symbolOf(DISTANCE_BASE, (i << 7) + 1));

const FIXED_LENGTHS = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED_DISTANCES = new Uint8Array(30).fill(5);
const FIXED_CODES = codesOf(FIXED_LENGTHS);
const FIXED_DISTANCE_CODES = codesOf(FIXED_DISTANCES);
/** Order in which lengths of the code for lengths are written (RFC 1951, 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function basesOf(extra: Uint8Array, first: number): Uint16Array {
  const out = new Uint16Array(extra.length);
  for (let i = 0, at = first; i < extra.length; at += 1 << extra[i++]) out[i] = at;
  return out;
}

function symbolOf(bases: Uint16Array, value: number): number {
  let symbol = bases.length - 1;
  while (symbol > 0 && bases[symbol] > value) symbol--;
  return symbol;
}

function symbolsOf(bases: Uint16Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, value) => symbolOf(bases, value));
}

/** The bytes as a deflate stream. */
export function deflate(bytes: Uint8Array, level: Level): Uint8Array {
  return new Deflater(bytes, EFFORTS[level - 1]).run();
}

/** Places of the input by what is there. */
interface Tables {
  readonly view: DataView;
  /** Last place of each hash of four bytes. */
  readonly heads: Int32Array;
  /** The place of the same hash before each place of the window. */
  readonly before: Int32Array;
  /** Last place of each hash of three bytes. */
  readonly heads3: Int32Array;
}

/**
 * Enters a place, which has four bytes, and looks for a match there that is longer than `least` (2 or more), at `most` places. Answers
 * distance << 9 | length, or 0.
 */
function search(
  { view, heads, before, heads3 }: Tables,
  place: number,
  least: number,
  most: number,
  nice: number,
): number {
  const four = view.getInt32(place, true);
  const hash = Math.imul(four, SPREAD) >>> (32 - HASH_BITS);
  const hash3 = Math.imul(four << 8, SPREAD) >>> (32 - HASH3_BITS);
  let candidate = heads[hash];
  const near = heads3[hash3];
  before[place & MASK] = candidate;
  heads[hash] = place;
  heads3[hash3] = place;
  const oldest = place - WINDOW;
  const limit = Math.min(LONGEST, view.byteLength - place);
  let best = least;
  let match = 0;
  if (best < 3 && near > place - NEAR && ((view.getInt32(near, true) ^ four) & 0xff_ffff) === 0) {
    best = 3;
    match = ((place - near) << 9) | 3;
  }
  if (best >= limit) return match;
  // the last of the bytes that a better match has
  let last = best < 3 ? four : view.getInt32(place + best - 3, true);
  let back = best < 3 ? 0 : best - 3;
  for (let left = most; left > 0 && candidate > oldest; left--, candidate = before[candidate & MASK]) {
    if (view.getInt32(candidate + back, true) !== last || view.getInt32(candidate, true) !== four) continue;
    let same = 4;
    let unlike = 0;
    while (same + 4 <= limit) {
      unlike = view.getInt32(candidate + same, true) ^ view.getInt32(place + same, true);
      if (unlike !== 0) break;
      same += 4;
    }
    if (unlike !== 0) same += (31 - Math.clz32(unlike & -unlike)) >> 3;
    else while (same < limit && view.getInt8(candidate + same) === view.getInt8(place + same)) same++;
    if (same <= best) continue;
    best = same;
    match = ((place - candidate) << 9) | same;
    if (same >= nice || same >= limit) return match;
    back = best - 3;
    last = view.getInt32(place + back, true);
  }
  return match;
}

class Deflater {
  readonly #bytes: Uint8Array;
  readonly #effort: Effort;
  readonly #tables: Tables;
  /** Literals as they are; matches as distance << 9 | length, where the length is 3 or more. */
  readonly #tokens = new Uint32Array(BLOCK);
  readonly #literals = new Uint32Array(286);
  readonly #distances = new Uint32Array(30);
  readonly #out: Uint8Array;
  #at = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Uint8Array, effort: Effort) {
    this.#bytes = bytes;
    this.#effort = effort;
    this.#tables = {
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      heads: new Int32Array(1 << HASH_BITS).fill(-WINDOW - 1),
      before: new Int32Array(WINDOW),
      heads3: new Int32Array(1 << HASH3_BITS).fill(-WINDOW - 1),
    };
    // a block is never longer than the same bytes stored, in pieces with a head of less than six bytes
    const pieces = Math.ceil(bytes.length / STORED) + Math.ceil(bytes.length / BLOCK);
    this.#out = new Uint8Array(bytes.length + 6 * pieces + 64);
  }

  run(): Uint8Array {
    let from = 0;
    do {
      from = this.#block(from);
    } while (from < this.#bytes.length);
    this.#align();
    return this.#out.subarray(0, this.#at);
  }

  /** Compresses one block; answers where the next begins. */
  #block(from: number): number {
    const { depth, nice, isLazy } = this.#effort;
    const bytes = this.#bytes;
    const tables = this.#tables;
    const { view, heads, before, heads3 } = tables;
    const tokens = this.#tokens;
    const literals = this.#literals;
    const distances = this.#distances;
    const length = bytes.length;
    // up to here there are four bytes to hash
    const hashed = length - 4;
    literals.fill(0);
    distances.fill(0);
    let count = 0;
    let at = from;
    /** The match at this place, if the place before it looked for one. */
    let known = -1;
    while (at < length && count < BLOCK) {
      if (at > hashed) {
        literals[bytes[at]]++;
        tokens[count++] = bytes[at++];
        continue;
      }
      const match = known >= 0 ? known : search(tables, at, 2, depth, nice);
      known = -1;
      if (match === 0) {
        literals[bytes[at]]++;
        tokens[count++] = bytes[at++];
        continue;
      }
      const same = match & 511;
      const distance = match >>> 9;
      let next = at + 1;
      if (isLazy && same < nice && next <= hashed && count < BLOCK - 1) {
        const other = search(tables, next++, same - 1, depth >> 1, nice);
        // a byte more is worth four bits, a distance twice as far one
        if (other !== 0 && 4 * ((other & 511) - same) + Math.clz32(other >>> 9) - Math.clz32(distance) > 2) {
          literals[bytes[at]]++;
          tokens[count++] = bytes[at++];
          known = other;
          continue;
        }
      }
      literals[257 + LENGTH_SYMBOL[same]]++;
      distances[distance <= 256 ? NEAR_SYMBOL[distance] : FAR_SYMBOL[(distance - 1) >> 7]]++;
      tokens[count++] = match;
      at += same;
      const end = Math.min(at, hashed + 1);
      for (let i = next; i < end; i++) {
        const four = view.getInt32(i, true);
        const hash = Math.imul(four, SPREAD) >>> (32 - HASH_BITS);
        before[i & MASK] = heads[hash];
        heads[hash] = i;
        heads3[Math.imul(four << 8, SPREAD) >>> (32 - HASH3_BITS)] = i;
      }
    }
    this.#write(from, at, count, at === length);
    return at;
  }

  /** Writes a block in the shortest of the three ways. */
  #write(from: number, to: number, count: number, isLast: boolean): void {
    const literals = this.#literals;
    const distances = this.#distances;
    literals[END] = 1;
    const lengths = codeLengths(literals, 15);
    const distanceLengths = codeLengths(distances, 15);
    const header = headerOf(lengths, distanceLengths);
    let extra = 0;
    for (let i = 0; i < LENGTH_EXTRA.length; i++) extra += literals[257 + i] * LENGTH_EXTRA[i];
    for (let i = 0; i < DISTANCE_EXTRA.length; i++) extra += distances[i] * DISTANCE_EXTRA[i];
    const own = header.bits + sumOf(literals, lengths) + sumOf(distances, distanceLengths) + extra;
    const fixed = sumOf(literals, FIXED_LENGTHS) + sumOf(distances, FIXED_DISTANCES) + extra;
    const pieces = Math.max(Math.ceil((to - from) / STORED), 1);
    const stored = 8 * (to - from) + pieces * 40;
    const final = isLast ? 1 : 0;
    if (stored <= Math.min(own, fixed)) this.#writeStored(from, to, final);
    else if (fixed <= own) {
      this.#put(final | (1 << 1), 3);
      this.#writeTokens(count, FIXED_CODES, FIXED_LENGTHS, FIXED_DISTANCE_CODES, FIXED_DISTANCES);
    } else {
      this.#put(final | (2 << 1), 3);
      this.#writeHeader(header);
      this.#writeTokens(count, codesOf(lengths), lengths, codesOf(distanceLengths), distanceLengths);
    }
  }

  #writeStored(from: number, to: number, final: number): void {
    let at = from;
    do {
      const end = Math.min(at + STORED, to);
      this.#put(end === to ? final : 0, 3);
      this.#align();
      const size = end - at;
      for (const word of [size, size ^ 0xffff]) {
        this.#out[this.#at++] = word & 0xff;
        this.#out[this.#at++] = word >> 8;
      }
      this.#out.set(this.#bytes.subarray(at, end), this.#at);
      this.#at += size;
      at = end;
    } while (at < to);
  }

  #writeHeader({ literalCount, distanceCount, lengthCount, lengths, codes, runs }: Header): void {
    this.#put(literalCount - 257, 5);
    this.#put(distanceCount - 1, 5);
    this.#put(lengthCount - 4, 4);
    for (let i = 0; i < lengthCount; i++) this.#put(lengths[ORDER[i]], 3);
    for (const { symbol, extra, extraBits } of runs) {
      this.#put(codes[symbol], lengths[symbol]);
      this.#put(extra, extraBits);
    }
  }

  #writeTokens(
    count: number,
    codes: Uint16Array,
    lengths: Uint8Array,
    distanceCodes: Uint16Array,
    distanceLengths: Uint8Array,
  ): void {
    const tokens = this.#tokens;
    const out = this.#out;
    let at = this.#at;
    let bits = this.#bits;
    let bitCount = this.#bitCount;
    for (let i = 0; i < count; i++) {
      const token = tokens[i];
      if (token < 256) {
        bits |= codes[token] << bitCount;
        bitCount += lengths[token];
      } else {
        const length = token & 511;
        const distance = token >>> 9;
        const symbol = LENGTH_SYMBOL[length];
        bits |= codes[257 + symbol] << bitCount;
        bitCount += lengths[257 + symbol];
        if (bitCount >= 16) {
          out[at++] = bits;
          out[at++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        bits |= (length - LENGTH_BASE[symbol]) << bitCount;
        bitCount += LENGTH_EXTRA[symbol];
        if (bitCount >= 16) {
          out[at++] = bits;
          out[at++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        const far = distance <= 256 ? NEAR_SYMBOL[distance] : FAR_SYMBOL[(distance - 1) >> 7];
        bits |= distanceCodes[far] << bitCount;
        bitCount += distanceLengths[far];
        if (bitCount >= 16) {
          out[at++] = bits;
          out[at++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        bits |= (distance - DISTANCE_BASE[far]) << bitCount;
        bitCount += DISTANCE_EXTRA[far];
      }
      if (bitCount >= 16) {
        out[at++] = bits;
        out[at++] = bits >>> 8;
        bits >>>= 16;
        bitCount -= 16;
      }
    }
    this.#at = at;
    this.#bits = bits;
    this.#bitCount = bitCount;
    this.#put(codes[END], lengths[END]);
  }

  /** Up to 16 bits, the lowest first. */
  #put(value: number, count: number): void {
    this.#bits |= value << this.#bitCount;
    this.#bitCount += count;
    for (; this.#bitCount >= 8; this.#bitCount -= 8) {
      this.#out[this.#at++] = this.#bits;
      this.#bits >>>= 8;
    }
  }

  /** To the next whole byte. */
  #align(): void {
    this.#put(0, 7);
    this.#bits = 0;
    this.#bitCount = 0;
  }
}

function sumOf(frequencies: Uint32Array, lengths: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < frequencies.length; i++) sum += frequencies[i] * lengths[i];
  return sum;
}

interface Run {
  readonly symbol: number;
  readonly extra: number;
  readonly extraBits: number;
}

interface Header {
  readonly literalCount: number;
  readonly distanceCount: number;
  readonly lengthCount: number;
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
  readonly runs: readonly Run[];
  /** All that it takes. */
  readonly bits: number;
}

/** How the lengths of both codes are written: runs of equal ones shortened, and those coded once more (RFC 1951, 3.2.7). */
function headerOf(literals: Uint8Array, distances: Uint8Array): Header {
  const literalCount = usedOf(literals, 257);
  const distanceCount = usedOf(distances, 1);
  const all = [...literals.subarray(0, literalCount), ...distances.subarray(0, distanceCount)];
  const runs: Run[] = [];
  for (let i = 0; i < all.length;) {
    const length = all[i];
    let same = 1;
    while (i + same < all.length && all[i + same] === length) same++;
    i += same;
    if (length === 0) {
      for (; same >= 3; same -= Math.min(same, 138)) {
        const many = Math.min(same, 138);
        runs.push(
          many < 11 ? { symbol: 17, extra: many - 3, extraBits: 3 } : { symbol: 18, extra: many - 11, extraBits: 7 },
        );
      }
    } else {
      runs.push({ symbol: length, extra: 0, extraBits: 0 });
      same--;
      for (; same >= 3; same -= Math.min(same, 6))
        runs.push({ symbol: 16, extra: Math.min(same, 6) - 3, extraBits: 2 });
    }
    for (; same > 0; same--) runs.push({ symbol: length, extra: 0, extraBits: 0 });
  }
  const frequencies = new Uint32Array(19);
  for (const { symbol } of runs) frequencies[symbol]++;
  const lengths = codeLengths(frequencies, 7);
  let lengthCount = 19;
  while (lengthCount > 4 && lengths[ORDER[lengthCount - 1]] === 0) lengthCount--;
  const bits = 14 + 3 * lengthCount + runs.reduce((sum, { symbol, extraBits }) => sum + lengths[symbol] + extraBits, 0);
  return { literalCount, distanceCount, lengthCount, lengths, codes: codesOf(lengths), runs, bits };
}

function usedOf(lengths: Uint8Array, least: number): number {
  let count = lengths.length;
  while (count > least && lengths[count - 1] === 0) count--;
  return count;
}
