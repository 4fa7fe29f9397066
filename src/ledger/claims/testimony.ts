// The linker's own testimony: every symbol with its place and package, as the link probe saw it. Nothing is inferred.
import type { Executable } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import { symbolOwner } from "../../linkgraph/owner.ts";
import { isContainer, sectionRole, sectionShifts } from "../../linkgraph/placement.ts";
import type { ProbeDump } from "../../linkgraph/probe.ts";
import { U32List } from "../../binary/go/types.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import type { BssRow } from "../profile.ts";

export interface Testimony {
  /** Zero-filled variables. */
  readonly bss: BssRow[];
  /** Owner (package id) of the function at an RVA. */
  readonly functions: ReadonlyMap<number, number>;
  readonly places: Places;
}

/** Where symbols begin, sorted, and their owners (package ids). */
export interface Places {
  readonly rva: Uint32Array;
  readonly owner: Uint32Array;
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
  const shift = sectionShifts(exe, module, dump);
  if (!shift) return undefined;
  const bss: BssRow[] = [];
  const functions = new Map<number, number>();
  const starts = new U32List();
  const owners = new U32List();
  const handle = claims.symbols.source((i) => dump.name(i));
  const roles = ["" as const, ...dump.sections.map((s) => sectionRole(s.name))];
  for (let i = 0; i < dump.count; i++) {
    const size = dump.size[i];
    const role = roles[dump.section[i]] ?? "";
    if (role === "" || size === 0) continue;
    const rva = dump.va[i] + shift[dump.section[i]];
    const name = dump.name(i);
    if (isContainer(name)) continue;
    const kind = kindOf(role, name);
    const pkg = symbolOwner(dump, i, name, role === "text");
    if (pkg === "") continue;
    const owner = claims.packages.id(pkg);
    if (role === "bss") {
      bss.push({ pkg, symbol: name, bytes: size });
      continue;
    }
    if (Number.isNaN(rva)) continue;
    if (role === "text") functions.set(rva, owner);
    else {
      starts.push(rva);
      owners.push(owner);
    }
    // strings and the names of types have no name of their own
    const anonymous = kind === KIND.string || name.startsWith("type:.namedata.") || name.startsWith("runtime.gcbits.");
    claims.image(rva, size, kind, owner, anonymous ? 0 : handle(i), EXACT);
  }
  const order = sortedOrder(starts.array(), starts.count);
  const places = {
    rva: Uint32Array.from(order, (k) => starts.array()[k]),
    owner: Uint32Array.from(order, (k) => owners.array()[k]),
  };
  return { bss, functions, places };
}

function kindOf(role: "text" | "rodata" | "data" | "bss", name: string): number {
  if (role === "text") return KIND.code;
  if (name.startsWith("go:itab.")) return KIND.itab;
  if (name.startsWith("go:string.")) return KIND.string;
  if (name.startsWith("type:")) return KIND.type;
  return role === "rodata" ? KIND.rodata : KIND.data;
}
