import { expect, it } from "vitest";
import { nodesByName } from "../../src/linkgraph/graph.ts";
import { withGates } from "../../src/linkgraph/gates.ts";
import { EDGE } from "../../src/linkgraph/probegraph.ts";
import { groundOf, Reach } from "../../src/linkgraph/reach.ts";
import { linked } from "./linked.ts";

it("an open gate changes nothing; closing all gates to a symbol takes it away", async () => {
  const { graph } = await linked("server");
  const [target] = nodesByName(graph, (name) => name === "net/http.(*Server).Serve");
  const gates = [];
  for (let e = 0; e < graph.target.length; e++)
    if (graph.edge[e] === EDGE.plain && graph.target[e] === target) gates.push({ edge: e });
  for (let p = 0; p < graph.methods.parts.length; p++) if (graph.methods.parts[p] === target) gates.push({ part: p });
  expect(gates.length).toBeGreaterThan(0);
  const gated = withGates(graph, gates);
  const ground = groundOf(gated);
  const before = new Reach(groundOf(graph)).run();
  const open = new Reach(ground).run();
  for (let node = 0; node < graph.count; node++) expect(open.isReached(node)).toBe(before.isReached(node));
  const shut = new Reach(ground).block(gates.map((_, i) => graph.count + i)).run();
  expect([before.isReached(target), shut.isReached(target)]).toEqual([true, false]);
});
