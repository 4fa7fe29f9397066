// Is the linker's dead-code elimination of methods on; if not, what turns it off, what would its cure bring, and which types keep
// their methods because they are in interfaces?
import { type BlockerCure, blockerCures } from "../advice/blockers.ts";
import { boxedTypeCures } from "../advice/dependencies.ts";
import { type Program, programOf } from "../advice/program.ts";
import type { Cure, Knowledge } from "../advice/schema.ts";
import { packageOfType, unescapePath } from "../binary/go/symbolname.ts";
import { type Blocker, type Blockers, findBlockers, priceBlockers } from "../linkgraph/blockers.ts";
import {
  type BoxedType,
  boxedTypes,
  type Boxing,
  Boxings,
  calledDirectly,
  methodName,
  priceBoxed,
} from "../linkgraph/boxed.ts";
import { Chains, type Reference } from "../linkgraph/chains.ts";
import { nodeName, NONE } from "../linkgraph/graph.ts";
import { importers } from "../linkgraph/imports.ts";
import type { Position } from "../linkgraph/positions.ts";
import { EDGE } from "../linkgraph/probegraph.ts";
import type { LinkModel } from "./model.ts";
import { type Place, place, positionOf, type Step, step } from "./why.ts";

export const DCE_SCHEMA = "pare.dce/1";

/** A cure of the knowledge base. */
export interface KnownCure {
  /** The entry that it is from. */
  readonly id: string;
  readonly kind: Cure["kind"];
  readonly text: string;
  /** What to do it with: "-tags grpcnotrace", "google.golang.org/protobuf >=1.36.12", packages to use instead, an issue to wait for. */
  readonly what: string;
  readonly sources: readonly string[];
}

/** Somebody who makes a method of package reflect callable. */
export interface Caller {
  readonly function: Place;
  /** calls: through an interface; looks up: by its name. */
  readonly how: "calls" | "looks up";
  readonly method: string;
  /** The shortest way to the function. */
  readonly chain: readonly Step[];
}

export interface BlockerRow {
  /** The function; several if the compiler made more of it (closures, wrappers). */
  readonly functions: readonly Place[];
  /** What in it the linker cannot see through: "reflect.Value.MethodByName" … */
  readonly calls: readonly { readonly callee: string; readonly position?: Position }[];
  /** The shortest way from main.main or an init that is there with elimination on too. */
  readonly chain: readonly Step[];
  /** For functions of package reflect: who makes them callable, the nearest first. */
  readonly callers: readonly Caller[];
  /** The program's own package, and what it imports, whose import leads here; null if the program's own code is to blame. */
  readonly broughtBy: {
    readonly importer: string;
    readonly package: string;
    readonly module: string;
    readonly version: string;
  } | null;
  /** Bytes that leave when this one alone is cured, and when all above it are cured too (estimates). */
  readonly gain: { readonly alone: number; readonly inOrder: number };
  readonly cures: readonly KnownCure[];
}

export interface BoxedRow {
  /** Linker name: "*github.com/aws/aws-sdk-go-v2/service/ecr.Client" without the star. */
  readonly type: string;
  readonly package: string;
  readonly module: string;
  readonly version: string;
  /** Methods that stay, by name. */
  readonly methods: number;
  /** Those that no interface calls and nobody looks up: they stay because elimination is off. */
  readonly uncalled: number;
  /** Bytes that leave when no methods are kept for the interfaces that it is in (estimate). */
  readonly bytes: number;
  /** The conversion that leads here first. */
  readonly converted: {
    readonly function: Place;
    readonly position?: Position;
    /** Type that is converted: this one, or one that holds it. */
    readonly type: string;
    /** Types between the two, each a part of the one in front of it or of the signature of one of its methods. */
    readonly through: readonly string[];
  } | null;
  /** Two lines of Go: an adapter of functions that may be converted instead. */
  readonly sample: readonly string[];
  readonly cures: readonly KnownCure[];
}

export interface Dce {
  readonly schema: typeof DCE_SCHEMA;
  readonly file: { readonly name: string; readonly size: number; readonly goVersion: string };
  readonly elimination: "on" | "off";
  /** Dynamic linking keeps all methods, exported or not; null: there is none. */
  readonly dynamic: {
    /** Packages that import plugin; empty: flags of the build ask for it. */
    readonly importers: readonly string[];
    /** Bytes that leave when it alone is cured (estimate). */
    readonly gain: number;
  } | null;
  /** In the order of their cures. */
  readonly blockers: readonly BlockerRow[];
  /** Functions with such reflection that live only because elimination is off. */
  readonly followers: readonly Place[];
  /** Bytes that leave when all are cured (estimate: dead-code elimination run again without their reflection). */
  readonly gain: number;
  /** Largest first. */
  readonly boxed: readonly BoxedRow[];
  /** Another build, with only the reflective calls of all blockers gone; null: nobody asked, or there are none. */
  readonly measured: Measured | { readonly reason: string; readonly detail: string } | null;
  readonly warnings: readonly string[];
}

export interface Measured {
  readonly size: number;
  /** Bytes less than the file as it is. */
  readonly gain: number;
  /** What the linker said of it. */
  readonly elimination: "on" | "off";
  /** Functions whose calls could not be replaced. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

export interface DceOptions {
  readonly knowledge: Pick<Knowledge, "blockers" | "heavy">;
  /** Types of the standard library too. */
  readonly std: boolean;
}

/** Types that are priced: those with most methods. */
const MOST_BOXED = 200;
/** Fewer methods are no reason to look at a type. */
const MANY_METHODS = 4;
/** Callers of one method of package reflect that are worth a chain. */
const MOST_CALLERS = 5;

export function dce(model: LinkModel, { knowledge, std }: DceOptions): Dce {
  const { ground, whole, bill, snapshot, graph } = model;
  const blockers = findBlockers(ground, whole);
  const { cured } = blockers;
  const chains = new Chains(cured.ground, cured.reach);
  const distance = ({ nodes }: Blocker): number => Math.min(...nodes.map((node) => chains.distanceOf(node)));
  const list = [...blockers.list].sort((a, b) => distance(a) - distance(b));
  const ordered: Blockers = { ...blockers, list };
  const gains = priceBlockers(ground, bill, ordered);
  const program = programIn(model);
  const rows = list.map((blocker, i): BlockerRow => {
    const chain = chains.to(chains.nearest(blocker.nodes)!);
    const callers = callersOf(model, ordered, blocker, chain, chains);
    const path = (callers[0]?.chain ?? []).concat(chain.map((reference) => step(model, reference)));
    const functions = blocker.nodes.map((node) => place(model, node));
    const packages = packagesOn(callers.length > 0 ? callers[0].chain : path, callers[0]?.function ?? functions[0]);
    const known = blockerCures(knowledge.blockers, program, {
      symbol: functions[0].symbol,
      package: functions[0].package,
      chain: packages,
    });
    return {
      functions,
      calls: callsOf(model, blocker),
      chain: chain.map((reference) => step(model, reference)),
      callers,
      broughtBy: broughtBy(model, packages),
      gain: { alone: Math.round(gains.alone[i]), inOrder: Math.round(gains.inOrder[i]) },
      cures: known.flatMap(curesOf),
    };
  });
  return {
    schema: DCE_SCHEMA,
    file: { name: snapshot.file.name, size: snapshot.file.size, goVersion: snapshot.file.goVersion },
    elimination: whole.keepsAllMethods ? "off" : "on",
    dynamic: graph.dynamic
      ? { importers: [...(importers(graph.dump).get("plugin") ?? [])].sort(), gain: Math.round(gains.dynamic ?? 0) }
      : null,
    blockers: rows,
    followers: blockers.followers.map((node) => place(model, node)),
    gain: Math.round(gains.total),
    boxed: boxedRows(model, blockers, knowledge, program, std),
    measured: null,
    warnings: [],
  };
}

function programIn({ snapshot }: LinkModel): Program {
  const modules = snapshot.modules.map(({ path, version, replace, packages }) => ({
    path: replace?.path ?? path,
    version: replace?.version ?? version,
    packages: packages.map((p) => p.path),
  }));
  const tags = snapshot.file.settings.find(({ key }) => key === "-tags")?.value ?? "";
  return programOf(modules, snapshot.file.goVersion, tags.split(",").filter(Boolean));
}

function curesOf({
  entry,
  cures,
}: Pick<BlockerCure, "cures"> & { entry: Pick<BlockerCure["entry"], "id" | "sources"> }): KnownCure[] {
  return cures.map((cure) => ({
    id: entry.id,
    kind: cure.kind,
    text: cure.text,
    what: meansOf(cure),
    sources: entry.sources,
  }));
}

/** What a cure is done with. */
export function meansOf(cure: Cure): string {
  switch (cure.kind) {
    case "tag":
      return `-tags ${cure.tags.join(",")}`;
    case "upgrade":
      return `${cure.module} ${cure.to}`;
    case "go":
      return `Go ${cure.to}`;
    case "replace":
      return cure.with.join(", ");
    case "wait":
      return cure.issue;
    default:
      return "";
  }
}

function callsOf(model: LinkModel, { calls }: Blocker): BlockerRow["calls"] {
  const rows = new Map<string, BlockerRow["calls"][number]>();
  for (const { node, callee, edge } of calls) {
    const position = positionOf(model, node, model.graph.offset[edge]);
    const key = `${callee}\0${position?.file ?? ""}\0${position?.line ?? 0}`;
    if (!rows.has(key)) rows.set(key, { callee, ...(position ? { position } : {}) });
  }
  return [...rows.values()];
}

/** Import paths along a chain, ending with a place's own. */
function packagesOn(chain: readonly Step[], end: Place): string[] {
  const packages: string[] = [];
  for (const { package: pkg } of [...chain.map(({ from }) => from), end])
    if (pkg !== "" && pkg !== packages[packages.length - 1]) packages.push(pkg);
  return packages;
}

/** Where a chain leaves the program's own packages for the last time. */
function broughtBy(model: LinkModel, packages: readonly string[]): BlockerRow["broughtBy"] {
  const last = packages.findLastIndex((pkg) => model.moduleOf(pkg).role === "main");
  const entered = packages.slice(last + 1).find((pkg) => pkg !== "runtime");
  if (last < 0 || entered === undefined) return null;
  const { path, version } = model.moduleOf(entered);
  return { importer: packages[last], package: entered, module: path, version };
}

/**
 * A chain to a method of package reflect goes through its type and tells nothing: what matters is who calls, or looks up, a method of
 * its name. `chain` leads to the method.
 */
function callersOf(
  model: LinkModel,
  { cured }: Blockers,
  { nodes }: Blocker,
  chain: readonly Reference[],
  chains: Chains,
): Caller[] {
  const { graph } = model;
  const { methods } = graph;
  const entered = chain.findLast(({ how }) => how === "method");
  // the same for the wrappers of types that embed reflect.Type
  const isPassage = /^reflect\.|\.Method(?:ByName|s)?$/.test(nodeName(graph, nodes[0]));
  if (!entered || !isPassage) return [];
  const signature = methods.signature[Math.floor(entered.index / 3)];
  const name = methods.nameOfSignature[signature];
  const found: { node: number; how: Caller["how"] }[] = [];
  for (let node = 0; node < graph.count; node++) {
    if (!cured.reach.isReached(node)) continue;
    for (let edge = graph.start[node]; edge < graph.start[node + 1]; edge++) {
      const calls = graph.edge[edge] === EDGE.useMethod && graph.target[edge] === signature;
      const looksUp = graph.edge[edge] === EDGE.useName && graph.target[edge] === name;
      if (!calls && !looksUp) continue;
      found.push({ node, how: calls ? "calls" : "looks up" });
      break;
    }
  }
  found.sort((a, b) => chains.distanceOf(a.node) - chains.distanceOf(b.node));
  return found.slice(0, MOST_CALLERS).map(({ node, how }) => ({
    function: place(model, node),
    how,
    method: methods.names[name],
    chain: chains.to(node).map((reference) => step(model, reference)),
  }));
}

function boxedRows(
  model: LinkModel,
  { cured }: Blockers,
  knowledge: DceOptions["knowledge"],
  program: Program,
  std: boolean,
): BoxedRow[] {
  const { ground, whole, bill, graph } = model;
  const isWanted = (name: string): boolean => {
    const pkg = packageOfType(name);
    return pkg !== "" && (std || model.moduleOf(pkg).role !== "std");
  };
  const types = boxedTypes(ground, whole, isWanted).slice(0, MOST_BOXED);
  if (types.length === 0) return [];
  const bytes = priceBoxed(ground, bill, types);
  const boxings = new Boxings(ground, whole, cured.reach, new Chains(ground, whole));
  const called = calledDirectly(ground, whole, types);
  const names = (list: readonly number[]): number => new Set(list.map((m) => methodName(graph, m))).size;
  const rows = types.map((type, i): BoxedRow => {
    const pkg = packageOfType(type.name);
    const { path, version } = model.moduleOf(pkg);
    const boxing = boxings.of(type);
    return {
      type: unescapePath(type.name),
      package: pkg,
      module: path,
      version,
      methods: names(type.methods),
      uncalled: names(type.methods.filter((m) => !whole.isCalled(m))),
      bytes: Math.round(bytes[i]),
      converted: boxing ? conversion(model, boxing) : null,
      sample: sampleOf(model, type, called[i]),
      cures: boxedTypeCures(knowledge.heavy, program, `*${unescapePath(type.name)}`).flatMap(curesOf),
    };
  });
  return rows
    .filter((row) => row.bytes > 0 && row.methods >= MANY_METHODS)
    .sort((a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1));
}

function conversion(model: LinkModel, { from, edge, types }: Boxing): BoxedRow["converted"] {
  const { graph } = model;
  const position = positionOf(model, from, graph.offset[edge]);
  const names = types.map((type) => unescapePath(nodeName(graph, type).replace(/^type:/, "")));
  // a pointer and what it points at are one
  const through = names.slice(1, -1).filter((name) => `*${name}` !== names[0] && !/^\**(?:\[|func)/.test(name));
  return {
    function: place(model, from),
    ...(position ? { position } : {}),
    type: names[0],
    through: through.filter((name, i) => i === 0 || `*${name}` !== through[i - 1]),
  };
}

/** The closure adapter, with one of the methods that are in use. */
function sampleOf(model: LinkModel, type: BoxedType, called: readonly number[]): string[] {
  const { graph, whole } = model;
  const method = called[0] ?? type.methods.find((m) => whole.isCalled(m)) ?? type.methods[0];
  const signature = graph.methods.parts[3 * method];
  const name = methodName(graph, method);
  const short = shortType(type.name);
  const parameters = signature === NONE ? "func()" : shortType(nodeName(graph, signature).replace(/^type:/, ""));
  const adapter = `${short.replace(/\[.*$/s, "").replace(/^.*\./, "")}Funcs`;
  return [
    `type ${adapter} struct{ ${name} ${parameters} } // a field for each method that is used`,
    `var x any = ${adapter}{c.${name}} // c, a *${short}, stays inside of the function value`,
  ];
}

/** "*github.com/a/b.T" → "*b.T", wherever a path stands in a type, by what packages are called as a rule; what is in main needs none. */
function shortType(type: string): string {
  return type
    .replace(/((?:\w[\w.\-~%+]*\/)+)(\w[\w\-~%+]*)\./g, (_, above: string, last: string) => {
      const element = /^v\d+$/.test(last) ? (above.split("/").at(-2) ?? last) : last;
      return `${unescapePath(element)
        .replace(/^go-|[.-](?:go|v\d+)$/g, "")
        .replace(/\W/g, "")}.`;
    })
    .replace(/\bmain\./g, "");
}
