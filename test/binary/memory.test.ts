import { describe, expect, test } from "vitest";
import { longer, release, takeI32, takeI8, takeU32, takeU8, wider } from "../../src/binary/memory.ts";

/** Large enough to be kept. */
const COUNT = 100_000;

describe("memory of large arrays", () => {
  test("has the length that was asked for, whatever it was before", () => {
    for (const take of [takeU32, takeI32, takeU8, takeI8])
      for (const count of [0, 1, COUNT, COUNT + 1, COUNT * 2]) {
        const array = take(count);
        expect(array.length).toBe(count);
        expect(array.byteOffset).toBe(0);
        release(array);
      }
  });

  test("is used again when it was given back, for another type and a smaller number too", () => {
    const first = takeU32(COUNT);
    release(first);
    const second = takeI32(COUNT - 1000);
    expect(second.buffer).toBe(first.buffer);
    expect(takeU32(COUNT).buffer).not.toBe(first.buffer);
  });

  test("goes to one taker, though it was given back twice", () => {
    const array = takeU32(COUNT);
    release(array, array.subarray(10));
    release(array);
    const [a, b] = [takeU32(COUNT), takeU32(COUNT)];
    expect(a.buffer).toBe(array.buffer);
    expect(b.buffer).not.toBe(a.buffer);
  });

  test("of a large array does not go to a small one", () => {
    const large = takeU8(COUNT * 64);
    release(large);
    expect(takeU8(COUNT).buffer).not.toBe(large.buffer);
    expect(takeU8(COUNT * 63).buffer).toBe(large.buffer);
  });

  test("is never detached: V8 would check every access to any array from then on", () => {
    const array = takeU32(COUNT);
    release(array);
    expect((array.buffer as ArrayBuffer).detached).toBe(false);
  });

  test("grows with its contents", () => {
    const words = takeU32(COUNT).fill(7);
    const bytes = takeU8(COUNT).fill(9);
    const [w, b] = [wider(words, COUNT * 2), longer(bytes, COUNT * 2)];
    expect([w.length, b.length]).toEqual([COUNT * 2, COUNT * 2]);
    expect(w.subarray(0, COUNT).every((v) => v === 7) && b.subarray(0, COUNT).every((v) => v === 9)).toBe(true);
  });
});
