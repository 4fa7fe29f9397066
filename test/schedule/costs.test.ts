import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Costs } from "../../src/schedule/costs.ts";

const guard = () => (): void => {};
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "costs-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("what one run notes the next one knows, also what another wrote meanwhile", () => {
  const path = join(directory, "deeper/costs.json");
  const first = new Costs(path);
  const second = new Costs(path);
  first.note("a", { peakBytes: 1, seconds: 0.5 });
  first.save(guard);
  second.note("b", { peakBytes: 2, seconds: 1 });
  expect(second.of("b")).toEqual({ peakBytes: 2, seconds: 1 });
  second.save(guard);
  const third = new Costs(path);
  expect([third.of("a"), third.of("b"), third.of("c")]).toEqual([
    { peakBytes: 1, seconds: 0.5 },
    { peakBytes: 2, seconds: 1 },
    undefined,
  ]);
  expect(readdirSync(join(directory, "deeper"))).toEqual(["costs.json"]);
});

test("a file of anything else is an empty one, and is replaced", () => {
  const path = join(directory, "costs.json");
  for (const text of [
    "",
    "{",
    '{"schema":"pare.costs/1","costs":[["a",-1,2]]}',
    '{"schema":"pare.costs/2","costs":[]}',
  ]) {
    writeFileSync(path, text);
    expect(new Costs(path).of("a")).toBeUndefined();
  }
  const costs = new Costs(path);
  costs.note("a", { peakBytes: 3, seconds: 4 });
  costs.save(guard);
  expect(new Costs(path).of("a")).toEqual({ peakBytes: 3, seconds: 4 });
});

test("the longest unseen are forgotten", () => {
  const path = join(directory, "costs.json");
  const costs = new Costs(path);
  for (let i = 0; i < 2500; i++) costs.note(`k${i}`, { peakBytes: i, seconds: i });
  costs.save(guard);
  const after = new Costs(path);
  expect([after.of("k499"), after.of("k500")?.peakBytes, after.of("k2499")?.peakBytes]).toEqual([undefined, 500, 2499]);
});

test("a place that cannot be written is not an error", () => {
  writeFileSync(join(directory, "file"), "x");
  const costs = new Costs(join(directory, "file/costs.json"));
  costs.note("a", { peakBytes: 3, seconds: 4 });
  costs.save(guard);
  expect(readFileSync(join(directory, "file"), "utf8")).toBe("x");
});
