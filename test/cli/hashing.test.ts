// A hash that is made in steps is that of the whole, however many steps were taken before it is asked for.
import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { Hashing } from "../../src/cli/hashing.ts";

const STEP = 1 << 20;

test.each([0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP + 5])("%i bytes", (size) => {
  const bytes = new Uint8Array(new SharedArrayBuffer(size)).map((_, i) => i * 7);
  const whole = hash("sha256", bytes);
  expect(new Hashing(bytes).digest()).toBe(whole);
  const some = new Hashing(bytes);
  expect(some.step()).toBe(size > 0);
  expect(some.digest()).toBe(whole);
  const all = new Hashing(bytes);
  let steps = 0;
  while (all.step()) steps++;
  expect(steps).toBe(Math.ceil(size / STEP));
  expect(all.digest()).toBe(whole);
});
