// Gates in references: to ask what would leave if only this reference were cut, elimination needs something on it that it can block.
import { type LinkGraph, NONE } from "./graph.ts";
import { SYMBOL } from "./probegraph.ts";

/** A reference by its index in the graph, or one of the three parts of a method. */
export type Gate = { readonly edge: number } | { readonly part: number };

/**
 * The graph with a node of its own in the middle of each gate's reference: the i-th gate is node graph.count + i of the old graph.
 * Nothing else changes: nodes keep their numbers.
 */
export function withGates(graph: LinkGraph, gates: readonly Gate[]): LinkGraph {
  const target = new Uint32Array(graph.target.length + gates.length);
  target.set(graph.target);
  const offset = new Uint32Array(target.length);
  offset.set(graph.offset);
  const edge = new Uint8Array(target.length);
  edge.set(graph.edge);
  const parts = graph.methods.parts.slice();
  const start = new Uint32Array(graph.count + gates.length + 1);
  start.set(graph.start);
  const flags = new Uint8Array(graph.count + gates.length);
  flags.set(graph.flags);
  gates.forEach((gate, i) => {
    const node = graph.count + i;
    const from = "edge" in gate ? target[gate.edge] : parts[gate.part];
    target[graph.target.length + i] = from;
    start[node + 1] = graph.target.length + i + 1;
    // being boxed is handed on through a type only
    if (from !== NONE) flags[node] = graph.flags[from] & SYMBOL.type;
    if ("edge" in gate) target[gate.edge] = node;
    else parts[gate.part] = node;
  });
  return {
    ...graph,
    count: graph.count + gates.length,
    start,
    flags,
    target,
    edge,
    offset,
    methods: { ...graph.methods, parts },
  };
}
