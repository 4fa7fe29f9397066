import { beforeAll, describe, expect, it } from "vitest";
import { Chains, eachKept } from "../../src/linkgraph/chains.ts";
import { entrances } from "../../src/linkgraph/entrances.ts";
import { keeperOf } from "../../src/linkgraph/keeper.ts";
import { type LinkGraph, nodeName, nodesByName } from "../../src/linkgraph/graph.ts";
import { EDGE } from "../../src/linkgraph/probegraph.ts";
import { type Ground, groundOf, Reach } from "../../src/linkgraph/reach.ts";
import { ownersOf } from "../../src/linkgraph/retained.ts";
import { linked } from "./linked.ts";

let graph: LinkGraph;
let ground: Ground;
let whole: Reach;
beforeAll(async () => {
  ({ graph } = await linked("server"));
  ground = groundOf(graph);
  whole = new Reach(ground).run();
});

describe("chains", () => {
  it("follow references that the probe wrote, from where the program begins", () => {
    const chains = new Chains(ground, whole);
    let checked = 0;
    for (let node = 0; node < graph.count; node += 7) {
      if (!whole.isReached(node)) continue;
      const chain = chains.to(node);
      expect(chain.length).toBe(chains.distanceOf(node));
      let at = chain[0]?.from ?? node;
      if (nodeName(graph, at) !== "main.main" && nodeName(graph, at) !== "main..inittask")
        expect([...graph.roots]).toContain(at);
      for (const { from, to, how, index } of chain) {
        expect(from).toBe(at);
        if (how === "method") {
          expect(graph.methods.parts[index]).toBe(to);
          expect(graph.methods.type[Math.floor(index / 3)]).toBe(from);
        } else {
          expect(index >= graph.start[from] && index < graph.start[from + 1]).toBe(true);
          expect([graph.target[index], graph.edge[index]]).toEqual([to, how === "refers" ? EDGE.plain : EDGE.order]);
        }
        at = to;
        checked++;
      }
      expect(at).toBe(node);
    }
    expect(checked).toBeGreaterThan(10_000);
  });

  it("reach whatever elimination keeps", () => {
    const chains = new Chains(ground, whole);
    const differ: string[] = [];
    for (let node = 0; node < graph.count; node++)
      if (chains.distanceOf(node) >= 0 !== whole.isReached(node)) differ.push(nodeName(graph, node));
    expect(differ).toEqual([]);
  });
});

it("what alone keeps nodes is the nearest without which none of them is reached", () => {
  const chains = new Chains(ground, whole);
  // references as they stand, without a node: the definition
  const reachedWithout = (gone: number): Uint8Array => {
    const seen = new Uint8Array(graph.count);
    const stack = Array.from(graph.roots).filter((root) => root !== gone);
    for (const root of stack) seen[root] = 1;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      eachKept(ground, whole, node, (to) => {
        if (to === gone || seen[to] !== 0) return;
        seen[to] = 1;
        stack.push(to);
      });
    }
    return seen;
  };
  const functions = nodesByName(graph, (name) => /^(?:net\/http|encoding\/json|main)\.[A-Za-z]+$/.test(name)).filter(
    (node) => whole.isReached(node),
  );
  let checked = 0;
  for (let i = 0; i + 40 < functions.length; i += 20) {
    for (const ends of [functions.slice(i, i + 2), functions.slice(i, i + 5)]) {
      const keeper = keeperOf(ground, whole, ends);
      const isKeptWithout = (gone: number): boolean => ends.some((end) => reachedWithout(gone)[end] !== 0);
      if (keeper !== undefined) {
        expect(isKeptWithout(keeper)).toBe(false);
        checked++;
      }
      // nothing nearer on a way to them does the same
      const way = chains.to(ends[0]).map(({ to }) => to);
      for (const node of way.slice(way.indexOf(keeper ?? -1) + 1)) expect(isKeptWithout(node)).toBe(true);
    }
  }
  expect(checked).toBeGreaterThan(3);
});

it("nothing alone keeps two roots, nor nothing", () => {
  const [root, other] = Array.from(graph.roots).filter((node) => whole.isReached(node));
  expect(keeperOf(ground, whole, [root, other])).toBeUndefined();
  expect(keeperOf(ground, whole, [])).toBeUndefined();
});

it("entrances to a package stand outside of it, and without them it is not reached", () => {
  const owners = ownersOf(graph);
  const id = owners.names.indexOf("encoding/json");
  const without = new Reach(ground).block(owners.members[id]).run();
  const inside = new Uint8Array(graph.count);
  for (const node of owners.members[id]) inside[node] = 1;
  const found = entrances(ground, whole, without, inside);
  expect(found.length).toBeGreaterThan(0);
  for (const { from, to } of found)
    expect([
      owners.names[owners.of[from]] === "encoding/json" ? `${nodeName(graph, from)} → ${nodeName(graph, to)}` : "",
      owners.of[to],
    ]).toEqual(["", id]);
});
