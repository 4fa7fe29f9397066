// What would leave the file if a package or a module were gone: dead-code elimination run again without it, for all of them at once.
import { packageOf } from "../binary/go/symbolname.ts";
import type { Bill } from "./cost.ts";
import type { LinkGraph } from "./graph.ts";
import { symbolOwner } from "./owner.ts";
import { sectionRole } from "./placement.ts";
import { DUPLICATE_OK, FUNCTION_TABLE } from "./probe.ts";
import { SYMBOL } from "./probegraph.ts";
import { type Ground, Reach } from "./reach.ts";

/** Constants and tables that the linker keeps once for all who have the same: who named one first does not matter. */
const CONTENTS = /^(?:go:string\.|type:\.|runtime\.gcbits\.|gclocals·|\$|$)|\.\.stmp_\d+$/;

/** What leaves with the last that refers to it, whoever is gone. */
function isShared(name: string, owner: string, isText: boolean, isDuplicateOk: boolean): boolean {
  if (CONTENTS.test(name)) return true;
  // functions may be named for another package than their own (go:linkname)
  return (!isText || isDuplicateOk) && packageOf(name) !== owner;
}

/** Owners of nodes, and which nodes go with their owner. */
export interface Owners {
  /** Index 0 is "". */
  readonly names: readonly string[];
  /** By node. */
  readonly of: Uint32Array;
  /** Nodes that are gone when their owner is: functions, variables, named types; by owner. */
  readonly members: readonly (readonly number[])[];
}

export function ownersOf(graph: LinkGraph): Owners {
  const { dump } = graph;
  const names: string[] = [""];
  const ids = new Map<string, number>([["", 0]]);
  const of = new Uint32Array(graph.count);
  const members: number[][] = [[]];
  const roles = ["", ...dump.sections.map((s) => sectionRole(s.name))];
  for (let i = 0; i < dump.count; i++) {
    const name = dump.name(i);
    const isText = (graph.flags[i] & SYMBOL.text) !== 0 || roles[dump.section[i]] === "text";
    const owner = symbolOwner(dump, i, name, isText);
    let id = ids.get(owner);
    if (id === undefined) {
      id = names.length;
      ids.set(owner, id);
      names.push(owner);
      members.push([]);
    }
    of[i] = id;
    if (id === 0 || (dump.flags[i] & FUNCTION_TABLE) !== 0) continue;
    if (!isShared(name, owner, isText, (dump.flags[i] & DUPLICATE_OK) !== 0)) members[id].push(i);
  }
  return { names, of, members };
}

/** Something to price, with its parts: a module with its packages. */
export interface Priced {
  readonly members: readonly (readonly number[])[];
  readonly parts?: readonly Priced[];
}

export interface Price {
  /** Bytes that leave when it alone is gone. */
  readonly bytes: number;
  /** Nodes that leave. */
  readonly nodes: number;
  readonly parts: readonly Price[];
}

/**
 * Prices each item as if it alone were gone. All are taken away first and let in again in halves, so that elimination goes on from where
 * it stands instead of beginning anew for each: about log2(items) whole runs. What is gone without one item is among what is gone without
 * a group of them, so the search narrows on the way.
 */
export function retained(ground: Ground, bill: Bill, items: readonly Priced[]): Price[] {
  const { graph } = ground;
  const whole = new Reach(ground).run();
  const reach = new Reach(ground);
  for (const item of items) for (const list of item.members) reach.block(list);
  reach.run();
  const gone: number[] = [];
  for (let node = 0; node < graph.count; node++) if (whole.isReached(node) && !reach.isReached(node)) gone.push(node);
  return priceAll(bill, reach, items, gone);
}

const NOTHING: Price = { bytes: 0, nodes: 0, parts: [] };

/** `reach`: a run without all of the items, left as it was; `gone`: what it lacks. */
function priceAll(bill: Bill, reach: Reach, items: readonly Priced[], gone: readonly number[]): Price[] {
  if (items.length === 0) return [];
  if (gone.length === 0) return items.map(nothing);
  if (items.length === 1) {
    const [{ parts = [] }] = items;
    return [{ bytes: bill.of(gone), nodes: gone.length, parts: priceAll(bill, reach, parts, gone) }];
  }
  const half = items.length >> 1;
  const [first, second] = [items.slice(0, half), items.slice(half)];
  const alone = (some: readonly Priced[], others: readonly Priced[]): Price[] => {
    const before = reach.remember();
    for (const item of others) for (const list of item.members) reach.unblock(list);
    const left = gone.filter((node) => !reach.isReached(node));
    const prices = priceAll(bill, reach, some, left);
    reach.takeBack(before);
    return prices;
  };
  return [...alone(first, second), ...alone(second, first)];
}

function nothing({ parts }: Priced): Price {
  return parts ? { ...NOTHING, parts: parts.map(nothing) } : NOTHING;
}
