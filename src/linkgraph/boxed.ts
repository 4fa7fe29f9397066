// Types whose methods stay because values of them are converted to interfaces, and how the conversion comes about.
import type { Chains } from "./chains.ts";
import type { Bill } from "./cost.ts";
import { type Gate, withGates } from "./gates.ts";
import { type LinkGraph, NONE, nodeName } from "./graph.ts";
import { EDGE, SYMBOL } from "./probegraph.ts";
import { type Ground, groundOf, type Reach } from "./reach.ts";
import { retained } from "./retained.ts";

/** A named type together with its pointer type. */
export interface BoxedType {
  /** As the linker calls it, without "type:" and "*". */
  readonly name: string;
  /** Node of the type itself; of its pointer type if only that is there. */
  readonly node: number;
  /** Numbers of the methods that stay because of it, of both types. */
  readonly methods: readonly number[];
}

/** How a type comes to be in an interface: it is converted, or it is reached by reflection from one that is. */
export interface Boxing {
  /** Index of the reference that converts the first type of `types`, and the node that it is in. */
  readonly from: number;
  readonly edge: number;
  /** Types on the way, the converted one first; the last is the type in question or its pointer type. */
  readonly types: readonly number[];
  /** For each of `types` after the first: whether it is the type of a method of the one in front of it, else a part of it. */
  readonly byMethod: readonly boolean[];
}

/** Named types with kept methods, those with most first; `include` gets the type's name. */
export function boxedTypes({ graph }: Ground, whole: Reach, include: (name: string) => boolean): BoxedType[] {
  const { methods } = graph;
  const byName = new Map<string, { node: number; methods: number[] }>();
  const nameOf = new Map<number, string>();
  for (let m = 0; m < methods.count; m++) {
    if (!whole.isKept(m)) continue;
    const type = methods.type[m];
    let name = nameOf.get(type);
    if (name === undefined) {
      name = nodeName(graph, type).replace(/^type:\*?/, "");
      // an unnamed type is nobody's to cure
      if (/^(?:struct|interface|func|map|chan|\[|\*)/.test(name) || !include(name)) name = "";
      nameOf.set(type, name);
    }
    if (name === "") continue;
    let found = byName.get(name);
    if (!found) byName.set(name, (found = { node: type, methods: [] }));
    if (!nodeName(graph, type).startsWith("type:*")) found.node = type;
    found.methods.push(m);
  }
  return Array.from(byName, ([name, rest]) => ({ name, ...rest })).sort(
    (a, b) => b.methods.length - a.methods.length || (a.name < b.name ? -1 : 1),
  );
}

/** Bytes that leave when only the methods of this type are no longer kept for whoever holds it in an interface; each type alone. */
export function priceBoxed(ground: Ground, bill: Bill, types: readonly BoxedType[]): number[] {
  const { graph } = ground;
  const gates: Gate[] = [];
  const items = types.map((type) => {
    const members: number[] = [];
    for (const m of type.methods) {
      for (let part = 3 * m; part < 3 * m + 3; part++) {
        if (graph.methods.parts[part] === NONE) continue;
        members.push(graph.count + gates.length);
        gates.push({ part });
      }
    }
    return { members: [members] };
  });
  return retained(groundOf(withGates(graph, gates)), bill, items).map(({ bytes }) => bytes);
}

/** Finds for any type that is in an interface the shortest way there, as elimination hands it on from type to type. */
export class Boxings {
  private readonly graph: LinkGraph;
  /** By node: the type in front of it; itself for one that is converted; NONE for types that are in no interface. */
  private readonly parent: Uint32Array;
  private readonly byMethod: Uint8Array;
  /** By node: reference that converts the type; the nearest to the start of the program. */
  private readonly edge = new Map<number, { from: number; edge: number }>();
  private readonly depth: Uint32Array;

  /** `own`: a run in which no method stays for reflection's sake; conversions that are there even so come first. */
  constructor({ graph, blind }: Ground, whole: Reach, own: Reach, chains: Chains) {
    this.graph = graph;
    this.parent = new Uint32Array(graph.count).fill(NONE);
    this.byMethod = new Uint8Array(graph.count);
    this.depth = new Uint32Array(graph.count).fill(NONE);
    const enter = (queue: number[], type: number, parent: number, byMethod: boolean): void => {
      if (type === NONE || (graph.flags[type] & SYMBOL.type) === 0 || this.depth[type] !== NONE) return;
      this.parent[type] = parent;
      this.depth[type] = parent === type ? 0 : this.depth[parent] + 1;
      this.byMethod[type] = Number(byMethod);
      queue.push(type);
    };
    for (const run of [own, whole]) {
      const queue: number[] = [];
      for (let from = 0; from < graph.count; from++) {
        if (!run.isReached(from) || blind[from] !== 0) continue;
        for (let edge = graph.start[from]; edge < graph.start[from + 1]; edge++) {
          if (graph.edge[edge] !== EDGE.iface) continue;
          const type = graph.target[edge];
          enter(queue, type, type, false);
          const known = this.edge.get(type);
          const isNearer = known === undefined || chains.distanceOf(from) < chains.distanceOf(known.from);
          if (known === undefined || (run === own && isNearer)) this.edge.set(type, { from, edge });
        }
      }
      for (const type of queue) {
        if (!whole.isReached(type)) continue;
        for (let edge = graph.start[type]; edge < graph.start[type + 1]; edge++) {
          const to = graph.target[edge];
          if (graph.edge[edge] === EDGE.plain) enter(queue, to, type, false);
          else if (graph.edge[edge] === EDGE.method) enter(queue, graph.methods.parts[3 * to], type, true);
        }
      }
    }
  }

  /** The way into an interface of the type of any of these methods; undefined if none is in one. */
  of({ methods }: BoxedType): Boxing | undefined {
    let best = NONE;
    for (const m of methods) {
      const type = this.graph.methods.type[m];
      if (this.depth[type] !== NONE && (best === NONE || this.depth[type] < this.depth[best])) best = type;
    }
    if (best === NONE) return undefined;
    const types = [best];
    while (this.parent[types[types.length - 1]] !== types[types.length - 1])
      types.push(this.parent[types[types.length - 1]]);
    types.reverse();
    const byMethod = types.slice(1).map((type) => this.byMethod[type] !== 0);
    return { ...this.edge.get(types[0])!, types, byMethod };
  }
}

/** Numbers of those of a type's methods that code calls directly, by name. */
export function calledDirectly({ graph }: Ground, whole: Reach, types: readonly BoxedType[]): number[][] {
  const owner = new Map<number, { type: number; method: number }>();
  types.forEach(({ methods }, type) => {
    for (const method of methods)
      for (const part of [3 * method + 1, 3 * method + 2]) {
        const node = graph.methods.parts[part];
        if (node !== NONE && !owner.has(node)) owner.set(node, { type, method });
      }
  });
  const found = types.map(() => new Map<string, number>());
  for (let from = 0; from < graph.count; from++) {
    if ((graph.flags[from] & SYMBOL.text) === 0 || !whole.isReached(from)) continue;
    for (let edge = graph.start[from]; edge < graph.start[from + 1]; edge++) {
      if (graph.edge[edge] !== EDGE.plain) continue;
      const to = owner.get(graph.target[edge]);
      // wrappers of a method call the method
      if (!to || owner.get(from)?.type === to.type) continue;
      found[to.type].set(methodName(graph, to.method), to.method);
    }
  }
  return found.map((byName) => [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, method]) => method));
}

export function methodName({ methods }: LinkGraph, method: number): string {
  return methods.names[methods.nameOfSignature[methods.signature[method]]];
}
