// What an audit needs to know of a program, from its link.
import { boxedTypeCures, lighterThan, testPackageOf } from "../advice/dependencies.ts";
import { duplicatesOf } from "../advice/duplicates.ts";
import type { Cost } from "../advice/audit/finding.ts";
import type { LinkedFinding, ProgramFacts } from "../advice/audit/project.ts";
import type { Program } from "../advice/program.ts";
import type { Cure, Knowledge } from "../advice/schema.ts";
import { badVersions } from "../advice/versions.ts";
import { retained } from "../linkgraph/retained.ts";
import { dce, type KnownCure, meansOf } from "./dce.ts";
import { programOfSnapshot } from "./findings.ts";
import type { LinkModel } from "./model.ts";

export type AuditKnowledge = Pick<Knowledge, "blockers" | "duplicates" | "heavy" | "testpackages" | "versions">;

/** What the link cannot tell. */
export interface OutsideFacts {
  /** Packages that need C: not those of the standard library, but for plugin. */
  readonly needsCgo: readonly string[];
  readonly pathBytes: number;
}

/** Modules that bring root certificates along. */
const ROOTS = /^(?:golang\.org\/x\/crypto\/x509roots\/fallback|github\.com\/(?:breml|gwatts)\/rootcerts)(?:\/|$)/;

/** `linked`: what linkedFindings says, or nothing where it is said elsewhere. */
export function auditFacts(model: LinkModel, linked: readonly LinkedFinding[], outside: OutsideFacts): ProgramFacts {
  const { snapshot } = model;
  const packages = new Set(snapshot.modules.flatMap((module) => module.packages.map((p) => p.path)));
  const links = symbolsOf(model, [
    DIALS_TLS,
    LOADS_ZONE,
    "net/http.(*conn).serve",
    "net.Listen",
    "net.(*ListenConfig).Listen",
  ]);
  return {
    name: snapshot.file.name,
    target: `${snapshot.file.os}/${snapshot.file.arch}`,
    bytes: snapshot.file.size,
    debugBytes: snapshot.kinds.dwarf + snapshot.kinds.symtab,
    pathBytes: outside.pathBytes,
    needsCgo: outside.needsCgo,
    mayUseCgo: packages.has("net") || packages.has("os/user") || outside.needsCgo.length > 0,
    needsRoots: links.has(DIALS_TLS) && ![...packages].some((path) => ROOTS.test(path)),
    needsZones: links.has(LOADS_ZONE) && !packages.has("time/tzdata"),
    isServer: ["net/http.(*conn).serve", "net.Listen", "net.(*ListenConfig).Listen"].some((name) => links.has(name)),
    linked,
  };
}

/** Only who begins a TLS connection verifies whom it meets by the system's roots. */
const DIALS_TLS = "crypto/tls.(*Conn).clientHandshake";
const LOADS_ZONE = "time.LoadLocation";

/** Those of some symbols that are linked. */
function symbolsOf({ graph, whole }: LinkModel, names: readonly string[]): Set<string> {
  const wanted = new Set(names);
  const found = new Set<string>();
  for (let node = 0; node < graph.dump.count && found.size < wanted.size; node++) {
    if (!whole.isReached(node)) continue;
    const name = graph.dump.name(node);
    if (wanted.has(name)) found.add(name);
  }
  return found;
}

/** What the knowledge base says of what is linked. */
export function linkedFindings(model: LinkModel, knowledge: AuditKnowledge): LinkedFinding[] {
  const program = programOfSnapshot(model.snapshot);
  return [
    ...duplicates(model, program, knowledge),
    ...testCode(model, program, knowledge),
    ...heavy(model, program, knowledge),
    ...elimination(model, program, knowledge),
    ...versions(program, knowledge),
  ];
}

function duplicates(model: LinkModel, program: Program, { duplicates: entries }: AuditKnowledge): LinkedFinding[] {
  return duplicatesOf(entries, program).map(({ entry, libraries, cures }) => {
    const priced = libraries.map((library) => ({ library, cost: priceOf(model, library.packages) }));
    // the standard library stays in any case, and else likely the one that costs most
    const isStd = ({ library }: (typeof priced)[number]): number => (library.modules[0]?.path === "std" ? 1 : 0);
    priced.sort((a, b) => isStd(a) - isStd(b) || a.cost.bytes - b.cost.bytes);
    const names = libraries.map((library) => library.name).sort();
    const [{ library, cost }] = priced;
    return {
      kind: "duplicates",
      module: library.modules[0]?.path ?? "",
      message: sentence(entry.title, `${names.join(" and ")} are linked`, cures),
      cost: { ...cost, how: `${library.name}, ${cost.how}` },
    };
  });
}

function testCode(model: LinkModel, program: Program, { testpackages }: AuditKnowledge): LinkedFinding[] {
  const found = [...program.packages.values()].flatMap((each) => {
    const entry = testPackageOf(testpackages, each.name);
    return entry ? [{ entry, path: each.path, module: each.module.path }] : [];
  });
  // packages of one module come and go together
  const groups = Map.groupBy(found, ({ entry, module }) => `${entry.id} ${module}`);
  return [...groups.values()].map((group): LinkedFinding => {
    const paths = group.map(({ path }) => path).sort((a, b) => a.length - b.length);
    const [{ entry, module }] = group;
    const more = paths.length === 1 ? "" : ` (and ${paths.length - 1} more of its packages)`;
    const message = `${paths[0]}${more} is linked into the program: ${entry.why}`;
    return { kind: "test code", module, message, cost: priceOf(model, paths) };
  });
}

function heavy(model: LinkModel, program: Program, { heavy: entries }: AuditKnowledge): LinkedFinding[] {
  return lighterThan(entries, program)
    .map(({ entry, packages, cures }): LinkedFinding => ({
      kind: "heavy",
      module: program.packages.get(packages[0])?.module.path ?? "",
      message: sentence(entry.title, entry.why, cures),
      cost: priceOf(model, packages),
    }))
    .filter(({ cost }) => (cost?.bytes ?? 0) > 0);
}

const IN_ORDER = "elimination run again without this one and those in front of it in pare why --dce";

/** What turns the elimination of methods off, and types that keep many methods. */
function elimination(model: LinkModel, program: Program, knowledge: AuditKnowledge): LinkedFinding[] {
  const found = dce(model, { knowledge, std: false });
  const cureText = ([cure]: readonly KnownCure[]): string => (cure ? cureOf(cure) : "pare why --dce shows the chain");
  const blockers =
    found.elimination === "on"
      ? []
      : found.blockers.map((row): LinkedFinding => {
          const [{ symbol }] = row.functions;
          const by =
            row.broughtBy === null
              ? "the program's own code"
              : `${row.broughtBy.package}, which ${row.broughtBy.importer} imports`;
          return {
            kind: "elimination",
            module: row.broughtBy?.module ?? "",
            message: `${symbol} keeps every exported method of every boxed type; it is brought by ${by}; ${cureText(row.cures)}`,
            // as long as others are there it may keep nothing by itself
            ...(row.gain.inOrder > 0 ? { cost: { bytes: row.gain.inOrder, basis: "estimate", how: IN_ORDER } } : {}),
          };
        });
  const boxed = found.boxed.flatMap((row): LinkedFinding[] => {
    const [known] = boxedTypeCures(knowledge.heavy, program, row.type);
    if (!known || row.cures.length === 0) return [];
    const cost: Cost = {
      bytes: row.bytes,
      basis: "estimate",
      how: "elimination run again without methods for its interfaces",
    };
    return [
      { kind: "heavy", module: row.module, message: `${row.type}: ${known.entry.title}; ${cureText(row.cures)}`, cost },
    ];
  });
  return [...blockers, ...boxed];
}

function versions(program: Program, { versions: entries }: AuditKnowledge): LinkedFinding[] {
  return badVersions(entries, program).map(({ entry, cures }) => ({
    kind: "versions",
    module: entry.linked?.[0]?.module ?? "",
    message: sentence(entry.title, entry.why, cures),
  }));
}

function sentence(title: string, why: string, cures: readonly Cure[]): string {
  const [cure] = cures;
  return [
    `${title}: ${why.replace(/\.$/, "")}`,
    ...(cure ? [cureOf({ what: meansOf(cure), text: cure.text })] : []),
  ].join("; ");
}

function cureOf({ what, text }: Pick<KnownCure, "what" | "text">): string {
  return `cure: ${[what, text].filter(Boolean).join(": ")}`;
}

/** What leaves without some packages. */
function priceOf({ ground, bill, owners }: LinkModel, packages: readonly string[]): Cost {
  const members = packages.map((path) => owners.members[Math.max(0, owners.names.indexOf(path))]);
  const [price] = retained(ground, bill, [{ members }]);
  return {
    bytes: Math.round(price.bytes),
    basis: "estimate",
    how: "retained: dead-code elimination run again without it",
  };
}
