// The linker's own testimony: every symbol with its place and package, as the link probe saw it. Nothing is inferred.
import type { Executable } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import { packageOf } from "../../binary/go/symbolname.ts";
import type { ProbeDump } from "../../linkgraph/probe.ts";
import { DUPLICATE_OK } from "../../linkgraph/probe.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { BssRow } from "../profile.ts";

export interface Testimony {
  /** Zero-filled variables. */
  readonly bss: BssRow[];
  /** Owner (package id) of the function at an RVA. */
  readonly functions: ReadonlyMap<number, number>;
}

/**
 * Claims the place of every symbol that has one. Owner: what the name says where programmers go by it (instances, wrappers, types,
 * itabs, dictionaries), else the package that the linker recorded. Function tables are left to their own claimant, which is exact.
 * undefined if the dump is not of this file.
 */
export function claimTestimony(
  claims: Claims,
  exe: Executable,
  module: Moduledata,
  dump: ProbeDump,
): Testimony | undefined {
  const shift = shifts(exe, module, dump);
  if (!shift) return undefined;
  const bss: BssRow[] = [];
  const functions = new Map<number, number>();
  const handle = claims.symbols.source((i) => dump.name(i));
  const packageIds = dump.packages.map((p) => claims.packages.id(p));
  for (let i = 0; i < dump.count; i++) {
    const size = dump.size[i];
    const section = dump.sections[dump.section[i] - 1];
    if (!section || size === 0) continue;
    const rva = dump.va[i] + shift[dump.section[i]];
    const role = roleOf(section.name);
    if (role === "") continue;
    const name = dump.name(i);
    if (isContainer(name)) continue;
    const kind = kindOf(role, name);
    const owner = ownerOf(
      claims,
      packageIds[dump.pkg[i]],
      role,
      name,
      (dump.flags[i] & DUPLICATE_OK) !== 0 || dump.unit[i] !== dump.pkg[i],
    );
    if (owner === 0) continue;
    if (role === "bss") {
      bss.push({ pkg: claims.packages.get(owner), symbol: name, bytes: size });
      continue;
    }
    if (Number.isNaN(rva)) continue;
    if (role === "text") functions.set(rva, owner);
    // strings and the names of types have no name of their own
    const anonymous = kind === KIND.string || name.startsWith("type:.namedata.") || name.startsWith("runtime.gcbits.");
    claims.image(rva, size, kind, owner, anonymous ? 0 : handle(i), EXACT);
  }
  return { bss, functions };
}

/** Symbols at places that the module data names too: where Go's sections begin and end. */
const ANCHORS = {
  "runtime.firstmoduledata": "rva",
  "runtime.text": "text",
  "runtime.etext": "etext",
  "runtime.rodata": "rodata",
  "runtime.types": "types",
  "runtime.noptrdata": "noptrdata",
  "runtime.enoptrdata": "enoptrdata",
  "runtime.data": "data",
  "runtime.edata": "edata",
} as const;

/**
 * What leads from the linker's addresses to RVAs, by section number. It is the same for all sections, unless another linker (cgo,
 * c-shared, plugins) got Go's sections as an object file and moved each as a whole: then sections without an anchor are NaN.
 * undefined if begin and end disagree: another program's.
 */
function shifts(exe: Executable, module: Moduledata, dump: ProbeDump): Float64Array | undefined {
  const anchors: ReadonlyMap<string, (typeof ANCHORS)[keyof typeof ANCHORS]> = new Map(Object.entries(ANCHORS));
  const found = new Float64Array(dump.sections.length + 1).fill(Number.NaN);
  let placed = true;
  for (let i = 0; i < dump.count; i++) {
    const anchor = anchors.get(dump.name(i));
    const section = dump.section[i];
    if (anchor === undefined || section === 0 || module[anchor] === 0) continue;
    const shift = module[anchor] - dump.va[i];
    if (!Number.isNaN(found[section]) && found[section] !== shift) return undefined;
    found[section] = shift;
    placed &&= shift === -exe.imageBase;
  }
  if (found.every(Number.isNaN)) return undefined;
  return placed ? found.fill(-exe.imageBase) : found;
}

/** What a section holds: text, rodata, data, bss; "" for what other claimants know better. */
function roleOf(section: string): "text" | "rodata" | "data" | "bss" | "" {
  if (/^(\.text|__text)$/.test(section)) return "text";
  if (/rodata|\.rdata|data\.rel\.ro$/.test(section)) return "rodata";
  if (/bss$/.test(section)) return "bss";
  if (/^(\.|__)(noptr)?data$/.test(section)) return "data";
  return "";
}

/** Symbols that hold others. */
function isContainer(name: string): boolean {
  return name === "type:*" || name.startsWith("runtime.pclntab") || name === "go:func.*";
}

function kindOf(role: "text" | "rodata" | "data" | "bss", name: string): number {
  if (role === "text") return KIND.code;
  if (name.startsWith("go:itab.")) return KIND.itab;
  if (name.startsWith("go:string.")) return KIND.string;
  if (name.startsWith("type:")) return KIND.type;
  return role === "rodata" ? KIND.rodata : KIND.data;
}

function ownerOf(claims: Claims, recorded: number, role: string, name: string, shared: boolean): number {
  if (role === "text") {
    const byName =
      shared || name.includes("[") || name.startsWith("type:") || /-fm(\.|$)/.test(name) ? packageOf(name) : "";
    return byName !== "" ? claims.packages.id(byName) : recorded || claims.packages.id(packageOf(name));
  }
  if (/^(?:type:(?!\.namedata\.|\.importpath\.)|go:itab\.)/.test(name) || name.includes("..dict.")) {
    const byName = packageOf(name);
    if (byName !== "") return claims.packages.id(byName);
  }
  return recorded;
}
