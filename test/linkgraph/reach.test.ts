import { describe, expect, it } from "vitest";
import { nodeName } from "../../src/linkgraph/graph.ts";
import { SYMBOL } from "../../src/linkgraph/probegraph.ts";
import { groundOf, Reach } from "../../src/linkgraph/reach.ts";
import { linked } from "./linked.ts";

const TARGETS: readonly [string, Record<string, string>, string[]][] = [
  ["linux/amd64", { GOOS: "linux", GOARCH: "amd64" }, []],
  ["linux/arm64, PIE", { GOOS: "linux", GOARCH: "arm64" }, ["-buildmode=pie"]],
  ["windows/amd64", { GOOS: "windows", GOARCH: "amd64" }, []],
  ["darwin/arm64", { GOOS: "darwin", GOARCH: "arm64" }, []],
  ["js/wasm", { GOOS: "js", GOARCH: "wasm" }, []],
];

describe("run again on the graph, dead-code elimination keeps what the linker kept", () => {
  it.each(TARGETS)("server, %s", async (_, env, flags) => {
    const { graph } = await linked("server", env, flags);
    const reach = new Reach(groundOf(graph)).run();
    let kept = 0;
    const missed: string[] = [];
    const more: string[] = [];
    for (let node = 0; node < graph.count; node++) {
      const name = nodeName(graph, node);
      const truth = (graph.flags[node] & SYMBOL.reached) !== 0;
      if (truth) kept++;
      if (truth && !reach.isReached(node)) missed.push(name);
      // tasks without functions order the others; the linker uses them and does not keep them
      if (!truth && reach.isReached(node) && !name.endsWith("..inittask")) more.push(name);
    }
    expect(kept).toBeGreaterThan(20_000);
    expect(missed.length).toBeLessThan(kept / 1000);
    // what it misses are the compiler's records on functions that the linker had to copy: they have no name and are in no file
    expect(missed.filter(Boolean)).toEqual([]);
    expect(more).toEqual([]);
  });
});

it("what is let in again leads to the same as if it had never been away", async () => {
  const { graph } = await linked("server");
  const ground = groundOf(graph);
  const whole = new Reach(ground).run();
  const some: number[] = [];
  const others: number[] = [];
  for (let node = 0; node < graph.dump.count; node++) {
    const pkg = graph.dump.packages[graph.dump.pkg[node]];
    if (pkg.startsWith("net")) some.push(node);
    else if (pkg.startsWith("encoding")) others.push(node);
  }
  const without = new Reach(ground).block(some).block(others).run();
  const before = Array.from({ length: graph.count }, (_, node) => without.isReached(node));
  const standing = without.remember();
  const again = without.unblock(others);
  const direct = new Reach(ground).block(some).run();
  let left = 0;
  for (let node = 0; node < graph.count; node++) {
    if (again.isReached(node) !== direct.isReached(node)) throw new Error(`differs: ${nodeName(graph, node)}`);
    if (whole.isReached(node) && !direct.isReached(node)) left++;
  }
  expect(left).toBeGreaterThan(some.length);
  const standsLike = (reached: (node: number) => boolean): boolean => {
    for (let node = 0; node < graph.count; node++) if (again.isReached(node) !== reached(node)) return false;
    return true;
  };
  again.unblock(some);
  expect(standsLike((node) => whole.isReached(node))).toBe(true);
  again.takeBack(standing);
  expect(standsLike((node) => before[node])).toBe(true);
  // and nothing of it is left behind that would lead elsewhere
  again.unblock(others);
  expect(standsLike((node) => direct.isReached(node))).toBe(true);
  again.unblock(some);
  expect(standsLike((node) => whole.isReached(node))).toBe(true);
});
