// The link graph: symbols and what each refers to, as the linker saw it when it chose what to keep.
import { InputError } from "../binary/bytes.ts";
import { U32List } from "../binary/go/types.ts";
import type { ProbeDump } from "./probe.ts";
import { EDGE, type FunctionList, type ProbeGraph, SYMBOL } from "./probegraph.ts";

/**
 * Symbols are nodes 0 … count - 1, in the linker's order: the first of them are the dump's symbols. Struct of arrays; references of
 * node i are [start[i], start[i + 1]).
 */
export interface LinkGraph {
  readonly dump: ProbeDump;
  readonly count: number;
  readonly dynamic: boolean;
  readonly roots: Uint32Array;
  /** Bits of SYMBOL; `reached` is the linker's own finding. */
  readonly flags: Uint8Array;
  readonly start: Uint32Array;
  /** One of EDGE. */
  readonly edge: Uint8Array;
  /** A node; for the kinds method, useMethod and useName the number of a method, signature or name. */
  readonly target: Uint32Array;
  /** Where in the code of the referring function, in bytes; 0: unknown. */
  readonly offset: Uint32Array;
  readonly methods: Methods;
  readonly functions: FunctionList;
  /** Node of a symbol by the linker's number; undefined if it is not in the graph. */
  nodeOf(id: number): number | undefined;
}

/** Methods of types, by number. */
export interface Methods {
  readonly count: number;
  /** Node of the type. */
  readonly type: Uint32Array;
  readonly signature: Uint32Array;
  /** Three nodes each (the method's type, its entry for interfaces, for direct calls); NONE where there is none. */
  readonly parts: Uint32Array;
  /** Number of the signature's name. */
  readonly nameOfSignature: Uint32Array;
  readonly names: readonly string[];
  /** By name: 1 if it begins in upper case. */
  readonly exported: Uint8Array;
  readonly ofSignature: Groups;
  readonly ofName: Groups;
}

/** Lists of numbers, one for each key: those of key k are items[start[k]] … items[start[k + 1] - 1]. */
export interface Groups {
  readonly start: Uint32Array;
  readonly items: Uint32Array;
}

export const NONE = 0xffff_ffff;

const MAX_SYMBOL = 1 << 28;

/** Joins the references of a dump with its symbols. Linear in both. */
export function linkGraph(dump: ProbeDump, probe: ProbeGraph): LinkGraph {
  let most = 0;
  for (const ids of [dump.id, probe.symbol, probe.methods.parts])
    for (let i = 0; i < ids.length; i++) if (ids[i] > most) most = ids[i];
  for (let e = 0; e < probe.target.length; e++)
    if (probe.edge[e] <= EDGE.order && probe.target[e] > most) most = probe.target[e];
  // the linker numbers its symbols without great gaps
  if (most > MAX_SYMBOL) throw new InputError("the dump of the link probe numbers a symbol beyond all bounds");
  const nodes = new Uint32Array(most + 1).fill(NONE);
  for (let i = 0; i < dump.count; i++) nodes[dump.id[i]] = i;
  let count = dump.count;
  const nodeOf = (id: number): number => {
    if (id === 0) return NONE;
    if (nodes[id] === NONE) nodes[id] = count++;
    return nodes[id];
  };
  const nodesOf = (ids: Uint32Array): Uint32Array => {
    const list = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) list[i] = nodeOf(ids[i]);
    return list;
  };
  const rowNodes = nodesOf(probe.symbol);
  const target = new Uint32Array(probe.target.length);
  for (let e = 0; e < target.length; e++)
    target[e] = probe.edge[e] <= EDGE.order ? nodeOf(probe.target[e]) : probe.target[e];
  const parts = nodesOf(probe.methods.parts);
  const roots = nodesOf(probe.roots);

  // rows come in the order of the linker's numbers, like the nodes; only symbols without a place of their own may not
  const flags = new Uint8Array(count);
  const size = new Uint32Array(count);
  for (let r = 0; r < rowNodes.length; r++) {
    flags[rowNodes[r]] = probe.flags[r];
    size[rowNodes[r]] = probe.start[r + 1] - probe.start[r];
  }
  for (let r = 0; r < probe.reached.length; r += 2) {
    for (let id = probe.reached[r], end = id + probe.reached[r + 1]; id < end; id++) {
      if (id <= most && nodes[id] !== NONE) flags[nodes[id]] |= SYMBOL.reached;
    }
  }
  const start = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) start[i + 1] = start[i] + size[i];
  const edge = new Uint8Array(target.length);
  const to = new Uint32Array(target.length);
  const offset = new Uint32Array(target.length);
  const type = new Uint32Array(probe.methods.signature.length);
  for (let r = 0; r < rowNodes.length; r++) {
    const [from, end] = [probe.start[r], probe.start[r + 1]];
    // rows are short: one by one is faster than views
    for (let e = from, at = start[rowNodes[r]]; e < end; e++, at++) {
      edge[at] = probe.edge[e];
      to[at] = target[e];
      offset[at] = probe.offset[e];
      if (probe.edge[e] === EDGE.method) type[target[e]] = rowNodes[r];
    }
  }
  const { signature } = probe.methods;
  const { name: nameOfSignature } = probe.signatures;
  return {
    dump,
    count,
    dynamic: probe.dynamic,
    roots,
    flags,
    start,
    edge,
    target: to,
    offset,
    methods: {
      count: signature.length,
      type,
      signature,
      parts,
      nameOfSignature,
      names: probe.names,
      exported: Uint8Array.from(probe.names, (name) => (/^\p{Lu}/u.test(name) ? 1 : 0)),
      ofSignature: groups(nameOfSignature.length, signature.length, (m) => signature[m]),
      ofName: groups(probe.names.length, signature.length, (m) => nameOfSignature[signature[m]]),
    },
    functions: probe.functions,
    nodeOf: (id) => (id <= most && nodes[id] !== NONE ? nodes[id] : undefined),
  };
}

/** Groups the numbers 0 … count - 1 by key. */
export function groups(keys: number, count: number, keyOf: (item: number) => number): Groups {
  const start = new Uint32Array(keys + 1);
  for (let i = 0; i < count; i++) start[keyOf(i) + 1]++;
  for (let k = 0; k < keys; k++) start[k + 1] += start[k];
  const items = new Uint32Array(count);
  const next = start.slice(0, keys);
  for (let i = 0; i < count; i++) items[next[keyOf(i)]++] = i;
  return { start, items };
}

/** Name of a node; "" for what has none. */
export function nodeName(graph: LinkGraph, node: number): string {
  return node < graph.dump.count ? graph.dump.name(node) : "";
}

/** Nodes whose name passes. */
export function nodesByName(graph: LinkGraph, test: (name: string) => boolean): Uint32Array {
  const found = new U32List();
  for (let i = 0; i < graph.dump.count; i++) if (test(graph.dump.name(i))) found.push(i);
  return found.array();
}
