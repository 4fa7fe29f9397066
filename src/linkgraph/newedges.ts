// Why a package is larger than in another build: the references that lead to what was not there.
import { eachKept, type Reference } from "./chains.ts";
import { type LinkGraph, nodeName, NONE, nodesByName } from "./graph.ts";
import { SYMBOL } from "./probegraph.ts";
import type { Ground, Reach } from "./reach.ts";
import type { Owners } from "./retained.ts";

/** Two nodes of the graph. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

export interface NewEdge extends Edge {
  /** Whether `to` is new; else it was there, and has grown. */
  readonly isNew: boolean;
  /**
   * Where the way to `to` first enters a package that is new, or else a new symbol of another package; absent if it stays in one package.
   */
  readonly entrance?: Edge;
}

/** A package that has grown. */
export interface Grown {
  readonly package: string;
  /** Its symbols that have grown, most first: they are the answer where nothing is new. */
  readonly symbols: readonly string[];
}

/** What a way is longer by where it goes through a type: functions tell more. */
const TYPE = 1 << 12;
/** Order among init tasks tells least. */
const IMPORT = 1 << 24;
/** What neither main.main nor an init task leads to is there for the runtime or for C. */
const ELSEWHERE = 2 ** 32;
/** An end of an edge that nobody owns, and an edge within one package, are shown only where there is no other. */
const UNOWNED = 2 ** 34;
const WITHIN = 2 ** 36;

/** A package that was there may only now have something to initialise: that explains nothing while something of it has grown. */
const INIT = 2 ** 38;

/** What the compiler keeps beside a function, and nobody wrote. */
const BESIDE = /\.(?:stkobj|arginfo\d|argliveinfo|opendefer|wrapinfo|args_stackmap)$/;

/**
 * For each package an edge that brought it: from another package if there is one, into a symbol that the other build does not have,
 * nearest to main.main. Packages without an answer are left out. `wasThere` is asked for names of symbols. Linear in the graph.
 */
export function newEdges(
  ground: Ground,
  reach: Reach,
  owners: Owners,
  wasThere: (name: string) => boolean,
  packages: readonly Grown[],
): Map<string, NewEdge> {
  const { graph } = ground;
  const owner = owners.of.slice();
  const isNew = new Uint8Array(graph.count);
  const hasOld = new Uint8Array(owners.names.length);
  for (const list of owners.members) for (const node of list) isNew[node] = 1;
  for (let i = 0; i < graph.dump.count; i++) {
    if (isNew[i] === 0) continue;
    const name = graph.dump.name(i);
    isNew[i] = 0;
    if (!reach.isReached(i) || BESIDE.test(name)) continue;
    if (wasThere(name)) hasOld[owner[i]] = 1;
    else isNew[i] = 1;
  }
  // a function's value is booked on a package that uses it; here it is the function
  for (const { from, to } of functionValues(ground, reach)) {
    owner[from] = owner[to];
    isNew[from] = isNew[to];
  }
  const { parent, distance } = ways(ground, reach);

  const wanted = new Set(packages.map((p) => p.package));
  const isWanted = Uint8Array.from(owners.names, (name) => (wanted.has(name) ? 1 : 0));
  const best = new Map<number, { edge: Edge; cost: number }>();
  for (let from = 0; from < graph.count; from++) {
    if (distance[from] === Infinity) continue;
    eachKept(ground, reach, from, (to, how) => {
      const target = owner[to];
      if (isNew[to] === 0 || isWanted[target] === 0) return;
      let cost = distance[from] + weight(graph, to, how) + (isType(graph, from) ? TYPE : 0);
      if ((graph.flags[to] & SYMBOL.text) === 0) cost += 0.5;
      if (owner[from] === target) cost += WITHIN;
      else if (owner[from] === 0) cost += UNOWNED;
      if (hasOld[target] !== 0 && isTask(graph, to)) cost += INIT;
      const known = best.get(target);
      if (!known || cost < known.cost) best.set(target, { edge: { from, to }, cost });
    });
  }

  const isCrossing = ({ from, to }: Edge): boolean => isNew[to] !== 0 && owner[from] !== 0 && owner[from] !== owner[to];
  const entranceOf = (edge: Edge): Edge | undefined => {
    let first: Edge | undefined;
    let firstPackage: Edge | undefined;
    for (let { from, to } = edge; from !== NONE; to = from, from = parent[from]) {
      if (!isCrossing({ from, to })) continue;
      if (hasOld[owner[to]] === 0) firstPackage = { from, to };
      else if (!isTask(graph, to)) first = { from, to };
    }
    return firstPackage ?? first ?? (isCrossing(edge) ? edge : undefined);
  };
  const nodes = grownNodes(graph, owners, packages);
  const answers = new Map<string, NewEdge>();
  for (const { package: name, symbols } of packages) {
    const found = best.get(owners.names.indexOf(name));
    const grown = symbols
      .map((symbol) => nodes.get(`${name}\0${symbol}`))
      .find((node) => node !== undefined && parent[node] !== NONE);
    if (found && (found.cost < INIT || grown === undefined)) {
      const entrance = entranceOf(found.edge);
      answers.set(name, { ...found.edge, isNew: true, ...(entrance && { entrance }) });
    } else if (grown !== undefined) answers.set(name, { from: parent[grown], to: grown, isNew: false });
  }
  return answers;
}

/** From the values of functions ("F·f") to the functions. */
function functionValues(ground: Ground, reach: Reach): Edge[] {
  const { graph } = ground;
  const edges: Edge[] = [];
  for (let from = 0; from < graph.dump.count; from++) {
    if (graph.start[from + 1] - graph.start[from] !== 1 || !graph.dump.name(from).endsWith("·f")) continue;
    eachKept(ground, reach, from, (to) => edges.push({ from, to }));
  }
  return edges;
}

function isTask(graph: LinkGraph, node: number): boolean {
  return nodeName(graph, node).endsWith("..inittask");
}

function isType(graph: LinkGraph, node: number): boolean {
  return (graph.flags[node] & (SYMBOL.type | SYMBOL.itab)) !== 0;
}

function weight(graph: LinkGraph, to: number, how: Reference["how"]): number {
  return how === "imports" ? IMPORT : isType(graph, to) ? TYPE : 1;
}

/**
 * Ways from main.main and its init task to every node that is kept, with as few imports on them as there can be, then as few types, then
 * short.
 */
function ways(ground: Ground, reach: Reach): { parent: Uint32Array; distance: Float64Array } {
  const { graph } = ground;
  const parent = new Uint32Array(graph.count).fill(NONE);
  const distance = new Float64Array(graph.count).fill(Infinity);
  /** Edges by weight, the lightest first: a heavier one is followed when no lighter one is left. */
  const waiting: [number, Edge[]][] = [
    [1, []],
    [TYPE, []],
    [IMPORT, []],
  ];
  const enter = (from: number, way: number): void => {
    distance[from] = way;
    eachKept(ground, reach, from, (to, how) => {
      if (distance[to] === Infinity) waiting.find(([w]) => w === weight(graph, to, how))![1].push({ from, to });
    });
  };
  const starts = nodesByName(graph, (name) => name === "main.main" || name === "main..inittask");
  for (const [roots, way] of [[starts, 0] as const, [graph.roots, ELSEWHERE] as const]) {
    for (const node of roots) if (reach.isReached(node) && distance[node] === Infinity) enter(node, way);
    for (;;) {
      const next = waiting.find(([, edges]) => edges.length > 0);
      if (!next) break;
      const [length, edges] = next;
      next[1] = [];
      for (const { from, to } of edges) {
        if (distance[to] !== Infinity) continue;
        parent[to] = from;
        enter(to, distance[from] + length);
      }
    }
  }
  return { parent, distance };
}

/** Nodes of the symbols that have grown, by package and name. */
function grownNodes(graph: LinkGraph, owners: Owners, packages: readonly Grown[]): Map<string, number> {
  const wanted = new Set(packages.flatMap((p) => p.symbols.map((symbol) => `${p.package}\0${symbol}`)));
  const nodes = new Map<string, number>();
  if (wanted.size === 0) return nodes;
  for (let i = 0; i < graph.dump.count; i++) {
    const key = `${owners.names[owners.of[i]]}\0${graph.dump.name(i)}`;
    if (wanted.has(key)) nodes.set(key, i);
  }
  return nodes;
}
