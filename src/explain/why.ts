// Why is this linked, who alone keeps it, and what leaves with it?
import { unescapePath } from "../binary/go/symbolname.ts";
import { Chains, type Reference } from "../linkgraph/chains.ts";
import { entrances, priceEntrances } from "../linkgraph/entrances.ts";
import { nodeName } from "../linkgraph/graph.ts";
import { keeperOf } from "../linkgraph/keeper.ts";
import { type Position, positionAt } from "../linkgraph/positions.ts";
import { SYMBOL } from "../linkgraph/probegraph.ts";
import { Reach } from "../linkgraph/reach.ts";
import type { LinkModel } from "./model.ts";
import type { Target } from "./targets.ts";

export const WHY_SCHEMA = "pare.why/1";
/** What `-dumpdep` can tell: one chain. */
export const WHY_CHAIN_SCHEMA = "pare.why-chain/1";

/** A symbol, as programmers know it. */
export interface Place {
  readonly symbol: string;
  readonly package: string;
  readonly module: string;
  readonly version: string;
}

/** One reference on the way. */
export interface Step {
  readonly from: Place;
  readonly to: Place;
  /** refers: calls it or takes its address; imports: the package's init runs first; method: a method of a type that is in an interface. */
  readonly how: Reference["how"];
  /** For a method: what may call it. */
  readonly because?: string;
  /** Where in the source of `from`. */
  readonly position?: Position;
}

export interface Entrance {
  readonly from: Place;
  readonly to: Place;
  readonly how: Reference["how"];
  readonly position?: Position;
  /** Bytes that leave when only this reference is cut (estimate); null: not priced. */
  readonly bytes: number | null;
}

export interface Why {
  readonly schema: typeof WHY_SCHEMA;
  readonly file: { readonly name: string; readonly size: number };
  readonly target: {
    readonly kind: Target["kind"];
    readonly name: string;
    readonly module: string;
    readonly version: string;
    /** Symbols of it that are linked. */
    readonly symbols: number;
  };
  /** Bytes that it owns in the ledger of this link. */
  readonly attributed: number;
  /** Bytes that leave when it is gone: dead-code elimination run again without it (estimate). */
  readonly retained: number;
  /** The shortest way from main.main or an init; empty if elimination begins with it. */
  readonly chain: readonly Step[];
  /** The nearest symbol outside that all ways lead through, going by references as they stand; null: there is none but the start. */
  readonly onlyKeptBy: Place | null;
  readonly entrances: {
    readonly count: number;
    /** By package that they are in; `bytes`: leave when all of its entrances are cut (estimate). */
    readonly packages: readonly {
      readonly package: string;
      readonly module: string;
      readonly version: string;
      readonly bytes: number;
      readonly entrances: readonly Entrance[];
    }[];
  };
  /** Packages that lose bytes when it is gone, itself included; sums to `retained` but for rounding. */
  readonly leaves: readonly { readonly package: string; readonly module: string; readonly bytes: number }[];
  readonly warnings: readonly string[];
}

/** Above this, entrances are priced by package only: each costs a part of a run. */
const MOST_PRICED = 3000;

export function why(model: LinkModel, target: Target): Why {
  const { graph, ground, whole, bill } = model;
  const inside = new Uint8Array(graph.count);
  const members = target.packages.length > 0 ? target.packages.flatMap((id) => model.owners.members[id]) : target.nodes;
  for (const node of members) inside[node] = 1;
  const without = new Reach(ground).block(members).run();
  const gone: number[] = [];
  for (let node = 0; node < graph.count; node++) if (whole.isReached(node) && !without.isReached(node)) gone.push(node);
  const chains = new Chains(ground, whole);
  // code tells more than the order of inits, which leads to every package that is imported
  const used = target.nodes.filter((node) => !/(?:\.\.inittask|\.init(?:\.\d+)?)$/.test(nodeName(graph, node)));
  const first = chains.nearest(used) ?? chains.nearest(target.nodes);
  const found = entrances(ground, whole, without, inside);
  const module = moduleOfTarget(model, target);
  return {
    schema: WHY_SCHEMA,
    file: { name: model.snapshot.file.name, size: model.snapshot.file.size },
    target: { kind: target.kind, name: target.name, ...module, symbols: target.nodes.length },
    attributed: attributedOf(model, target),
    retained: Math.round(bill.of(gone)),
    chain: first === undefined ? [] : chains.to(first).map((reference) => step(model, reference)),
    onlyKeptBy: keeper(model, found),
    entrances: entranceRows(model, found, chains),
    leaves: leavesOf(model, gone),
    warnings: [],
  };
}

function moduleOfTarget(model: LinkModel, { kind, name, nodes }: Target): { module: string; version: string } {
  const pkg = kind === "package" ? name : nodes.length > 0 ? model.packageOf(nodes[0]) : "";
  if (kind === "pattern" || pkg === "") return { module: "", version: "" };
  const { path, version } = model.moduleOf(pkg);
  return { module: path, version };
}

/** In the ledger for packages; the symbols' own bytes in the file for symbols. */
function attributedOf(model: LinkModel, target: Target): number {
  if (target.packages.length === 0) return Math.round(model.bill.of(target.nodes));
  const names = new Set(target.packages.map((id) => model.owners.names[id]));
  let bytes = 0;
  for (const module of model.snapshot.modules) for (const p of module.packages) if (names.has(p.path)) bytes += p.bytes;
  return bytes;
}

export function place(model: LinkModel, node: number): Place {
  const pkg = model.packageOf(node);
  const { path, version } = pkg === "" ? { path: "", version: "" } : model.moduleOf(pkg);
  return { symbol: unescapePath(nodeName(model.graph, node)), package: pkg, module: path, version };
}

export function step(model: LinkModel, { from, to, how, index }: Reference): Step {
  const position = how === "refers" ? positionOf(model, from, model.graph.offset[index]) : undefined;
  return {
    from: place(model, from),
    to: place(model, to),
    how,
    ...(how === "method" ? { because: caller(model, Math.floor(index / 3)) } : {}),
    ...(position ? { position } : {}),
  };
}

export function positionOf(model: LinkModel, node: number, offset: number): Position | undefined {
  const { graph, costs, go } = model;
  if (node >= graph.dump.count || (graph.flags[node] & SYMBOL.text) === 0) return undefined;
  return positionAt(go.pcln, costs.rva[node], offset);
}

/** What makes a method callable. */
function caller(model: LinkModel, method: number): string {
  const { methods } = model.graph;
  const name = methods.names[methods.nameOfSignature[methods.signature[method]]];
  if (model.whole.isCalled(method)) return `${name} is called through an interface`;
  return "reflection may call any exported method";
}

function keeper(model: LinkModel, found: readonly Reference[]): Place | null {
  const node = keeperOf(
    model.ground,
    model.whole,
    found.map(({ from }) => from),
  );
  return node === undefined ? null : place(model, node);
}

function entranceRows(model: LinkModel, found: readonly Reference[], chains: Chains): Why["entrances"] {
  const byPackage = new Map<string, Reference[]>();
  for (const reference of found) {
    const pkg = model.packageOf(reference.from);
    let list = byPackage.get(pkg);
    if (!list) byPackage.set(pkg, (list = []));
    list.push(reference);
  }
  const each = found.length <= MOST_PRICED;
  const prices = priceEntrances(model.ground, model.bill, [...byPackage.values()], each);
  const packages = [...byPackage].map(([pkg, list], i) => {
    const rows = list.map((reference, k): Entrance & { distance: number } => {
      const { from, to, how, position } = step(model, reference);
      const bytes = each ? Math.round(prices[i].parts[k].bytes) : null;
      return { from, to, how, ...(position ? { position } : {}), bytes, distance: chains.distanceOf(reference.from) };
    });
    rows.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || a.distance - b.distance);
    const { path, version } = pkg === "" ? { path: "", version: "" } : model.moduleOf(pkg);
    return {
      package: pkg,
      module: path,
      version,
      bytes: Math.round(prices[i].bytes),
      entrances: rows.map(({ distance: _, ...row }) => row),
    };
  });
  packages.sort((a, b) => b.bytes - a.bytes || b.entrances.length - a.entrances.length);
  return { count: found.length, packages };
}

/** The bill of what leaves, split by owner: shared parts go to whoever is billed last. */
function leavesOf(model: LinkModel, gone: readonly number[]): Why["leaves"] {
  const byOwner = new Map<string, number[]>();
  for (const node of gone) {
    const pkg = model.packageOf(node);
    let list = byOwner.get(pkg);
    if (!list) byOwner.set(pkg, (list = []));
    list.push(node);
  }
  const rows = model.bill.split([...byOwner.values()]);
  return [...byOwner.keys()]
    .map((pkg, i) => ({ package: pkg, module: pkg === "" ? "" : model.moduleOf(pkg).path, bytes: Math.round(rows[i]) }))
    .filter((row) => row.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}
