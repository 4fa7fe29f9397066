// What turns the elimination of methods off: reached functions that call methods which the linker cannot know, and dynamic linking.
import type { Bill } from "./cost.ts";
import { type Gate, withGates } from "./gates.ts";
import { type LinkGraph, nodeName } from "./graph.ts";
import { EDGE, SYMBOL } from "./probegraph.ts";
import { type Ground, groundOf, Reach } from "./reach.ts";
import { retained } from "./retained.ts";

/** A call of reflection in a function, in the compiler's words (cmd/compile/internal/walk/expr.go, usemethod). */
export interface ReflectiveCall {
  readonly node: number;
  /** "reflect.Value.MethodByName", "reflect.Type.Method" … */
  readonly callee: string;
  /** Index of the reference in the graph. */
  readonly edge: number;
}

/** One cause, to be cured at one place. */
export interface Blocker {
  /** Functions that have it: one, with its closures and the wrappers that the compiler made of it. */
  readonly nodes: readonly number[];
  readonly calls: readonly ReflectiveCall[];
}

export interface Blockers {
  readonly list: readonly Blocker[];
  /** Reflecting functions that live only because elimination is off. */
  readonly followers: readonly number[];
  /** The program with all of them cured: what to ask for chains that do not lead through kept methods. */
  readonly cured: { readonly ground: Ground; readonly reach: Reach };
}

export interface Gains {
  /** Bytes that leave when this one alone is cured, by blocker. */
  readonly alone: readonly number[];
  /** Bytes that have left when it and all in front of it are cured; the last is the total. */
  readonly inOrder: readonly number[];
  /** The same for dynamic linking, which is cured before all others. */
  readonly dynamic?: number;
  /** Bytes that leave when all are cured. */
  readonly total: number;
}

/** Functions of package reflect that find methods by number or name. */
const CALLEE = /^reflect\.(?:Value|\(\*rtype\)|\(\*interfaceType\))\.(?:Method|MethodByName)$/;
/** The same through the interface reflect.Type: names and signatures. */
const TYPE_CALLS: ReadonlyMap<string, string> = new Map([
  ["Method", "type:func(int) reflect.Method"],
  ["MethodByName", "type:func(string) (reflect.Method, bool)"],
]);

/** All that is there for its own sake: it stays reached when no function's reflection counts any more. */
export function findBlockers({ graph }: Ground, whole: Reach): Blockers {
  const reflecting: number[] = [];
  for (let node = 0; node < graph.count; node++)
    if ((graph.flags[node] & SYMBOL.reflectMethod) !== 0 && whole.isReached(node)) reflecting.push(node);
  const ground = groundOf({ ...graph, dynamic: false });
  const reach = new Reach(ground, new Set(reflecting)).run();
  const causes = new Map<string, number[]>();
  const followers: number[] = [];
  for (const node of reflecting) {
    if (!reach.isReached(node)) {
      followers.push(node);
      continue;
    }
    const cause = causeName(nodeName(graph, node));
    const nodes = causes.get(cause);
    if (nodes) nodes.push(node);
    else causes.set(cause, [node]);
  }
  const list = Array.from(causes.values(), (nodes) => ({
    nodes,
    calls: nodes.flatMap((node) => callsOf(graph, node)),
  }));
  return { list, followers, cured: { ground, reach } };
}

/** Closures and wrappers stand for the function that was written: "reflect.(*Value).Methods.Value.Methods.func1" → "reflect.Value.Methods". */
function causeName(name: string): string {
  const plain = name.replace(/^(.*?)\.\(\*([^()]+)\)\./, "$1.$2.");
  // the iterators of Value and Type are there for the same reason: somebody calls, or looks up, a method of that name
  if (/^reflect\.\w+\.Methods\b/.test(plain)) return "reflect.Methods";
  return plain.replace(/(?:\.func\d+|\.gowrap\d+|-fm|-range\d+|\.\d+)+$/, "");
}

function callsOf(graph: LinkGraph, node: number): ReflectiveCall[] {
  const calls: ReflectiveCall[] = [];
  for (let edge = graph.start[node]; edge < graph.start[node + 1]; edge++) {
    const target = graph.target[edge];
    if (graph.edge[edge] === EDGE.plain) {
      const name = (graph.flags[target] & SYMBOL.text) === 0 ? "" : nodeName(graph, target);
      if (CALLEE.test(name)) calls.push({ node, callee: name.replace(/\(\*(?:rtype|interfaceType)\)/, "Type"), edge });
    } else if (graph.edge[edge] === EDGE.useMethod && isTypeCall(graph, target)) {
      calls.push({ node, callee: `reflect.Type.${signatureName(graph, target)}`, edge });
    }
  }
  return calls;
}

function signatureName({ methods }: LinkGraph, signature: number): string {
  return methods.names[methods.nameOfSignature[signature]];
}

function isTypeCall(graph: LinkGraph, signature: number): boolean {
  const wanted = TYPE_CALLS.get(signatureName(graph, signature));
  if (wanted === undefined) return false;
  const type = graph.nodeOf(graph.dump.graph?.signatures.type[signature] ?? 0);
  return type !== undefined && nodeName(graph, type) === wanted;
}

/**
 * Bytes that leave when blockers are cured: their functions stay, and only the calls of reflection are gone from them. As long as one is
 * left, elimination stays off, so all but the last bring next to nothing.
 */
export function priceBlockers(ground: Ground, bill: Bill, { list }: Blockers): Gains {
  const { graph } = ground;
  const gates: Gate[] = [];
  const cuts = list.map(({ calls }) => {
    const own: number[] = [];
    for (const { edge } of calls) {
      if (graph.edge[edge] !== EDGE.plain) continue;
      own.push(graph.count + gates.length);
      gates.push({ edge });
    }
    return own;
  });
  const gated = groundOf(withGates(graph, gates));
  const uncured = new Reach(gated).run();
  const kept: number[] = [];
  for (let node = 0; node < graph.count; node++) if (uncured.isReached(node)) kept.push(node);
  const price = (reach: Reach): number => {
    const gone: number[] = [];
    for (const node of kept) if (!reach.isReached(node)) gone.push(node);
    return bill.of(gone);
  };
  // all are cured first and come back one after the other, so that each run goes on from the one before
  const all = new Set(list.flatMap(({ nodes }) => nodes));
  const reach = new Reach(groundOf({ ...gated.graph, dynamic: false }), all).block(cuts.flat()).run();
  const total = price(reach);
  const inOrder: number[] = [];
  for (let i = list.length - 1; i >= 0; i--) {
    inOrder.push(price(reach));
    reach.unlift(list[i].nodes).unblock(cuts[i]);
  }
  inOrder.reverse();
  const dynamic = graph.dynamic ? price(reach) : undefined;
  const alone =
    list.length === 1 && !graph.dynamic
      ? [total]
      : retained(
          gated,
          bill,
          cuts.map((own) => ({ members: [own] })),
        ).map(({ bytes }) => bytes);
  return { alone, inOrder, total, ...(dynamic === undefined ? {} : { dynamic }) };
}
