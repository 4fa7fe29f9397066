// Deflate: whatever goes in comes out of a reader that is not ours, and the bytes in between never change.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deflate, type Level } from "../../src/release/deflate.ts";
import { codeLengths } from "../../src/release/huffman.ts";

const LEVELS: readonly Level[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Bytes that follow from a seed and nothing else. */
function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24);
}

/** Looks a little like code: words of a few hundred, in an order of chance. */
function words(length: number): Uint8Array {
  const from = noise(4096, 7);
  const order = noise(length, 9);
  return Uint8Array.from({ length }, (_, i) => from[((order[i >> 3] * 8) | (i & 7)) & 4095]);
}

/** The kind of a stream's first block: 0 stored, 1 fixed, 2 with codes of its own. */
const kindOf = (packed: Uint8Array): number => (packed[0] >> 1) & 3;

function same(bytes: Uint8Array, level: Level): void {
  expect(Buffer.compare(inflateRawSync(deflate(bytes, level)), bytes)).toBe(0);
}

describe("deflate", () => {
  it.each(LEVELS)("gives back what went in, at level %i", (level) => {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 257, 258, 259, 260, 32_767, 32_768, 32_769, 65_535, 65_536, 200_000])
      for (const bytes of [noise(length), words(length), new Uint8Array(length)]) same(bytes, level);
  });

  it("gives back anything, also where it does not begin at the start of its buffer", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(700)).map(([unit, count]) => {
        return Uint8Array.from({ length: unit.length * count }, (_, i) => unit[i % unit.length]);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom(...LEVELS),
        fc.nat(9),
        (pieces, level, skipped) => {
          same(new Uint8Array(Buffer.concat(pieces)).subarray(skipped), level);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reaches back as far as the format allows and no farther", () => {
    for (const distance of [32_767, 32_768, 32_769]) {
      const bytes = noise(distance + 400);
      bytes.copyWithin(distance, 0, 400);
      same(bytes, 9);
    }
  });

  it("stores what cannot be compressed, and spends no codes of their own on little", () => {
    const packed = deflate(noise(3_000_000, 5), 6);
    expect(kindOf(packed)).toBe(0);
    expect(packed.length).toBeLessThan(3_001_000);
    expect(kindOf(deflate(Buffer.from("a"), 6))).toBe(1);
    expect(kindOf(deflate(words(50_000), 6))).toBe(2);
  });

  it("compresses at least about as far as zlib does", () => {
    const bytes = readFileSync(path.join(import.meta.dirname, "../../package-lock.json"));
    for (const level of [1, 6, 9] as const)
      expect(deflate(bytes, level).length).toBeLessThan(1.02 * deflateRawSync(bytes, { level }).length);
  });

  // whoever changes these bytes counts PACKAGING_VERSION up
  it("writes these bytes and no others", () => {
    const hash = (level: Level): string =>
      createHash("sha256")
        .update(deflate(Buffer.concat([words(100_000), noise(40_000), new Uint8Array(5000)]), level))
        .digest("hex")
        .slice(0, 16);
    expect(LEVELS.map(hash)).toMatchInlineSnapshot(`
      [
        "84bc17a52ee70ff1",
        "aca50e4ab2272d1d",
        "e321b38312dda0eb",
        "54434baa798b91ee",
        "3f502f7cfc9be7e0",
        "5a94a9f7e2dca9fc",
        "ac69193a00dcb016",
        "ac69193a00dcb016",
        "ac69193a00dcb016",
      ]
    `);
  });
});

describe("codeLengths", () => {
  it("makes whole codes that are never longer than asked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 286 }),
        fc.constantFrom(9, 15),
        (counts, most) => {
          const frequencies = Uint32Array.from(counts);
          const lengths = codeLengths(frequencies, most);
          const used = [...lengths].filter((length) => length > 0);
          expect(Math.max(0, ...used)).toBeLessThanOrEqual(most);
          const room = used.reduce((sum, length) => sum + 2 ** -length, 0);
          expect(room).toBe(counts.some((count) => count > 0) ? 1 : 0);
          for (const [i, count] of counts.entries()) if (count > 0) expect(lengths[i]).toBeGreaterThan(0);
        },
      ),
    );
  });

  it("lifts leaves of a tree that is too deep", () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 30) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    const lengths = codeLengths(Uint32Array.from(fibonacci), 15);
    expect(Math.max(...lengths)).toBe(15);
    expect([...lengths].reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1);
    expect(lengths.at(-1)).toBe(1);
  });
});
