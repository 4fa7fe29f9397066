// The first claimants: what the format, Go's tables at known places and the function table say. None of them looks at data.
import type { Executable } from "../binary/executable.ts";
import { type BuildInfo, readBuildInfo } from "../binary/go/buildinfo.ts";
import { type GoProgram, readProgram } from "../binary/go/program.ts";
import { openExecutable } from "../binary/open.ts";
import { claimCode } from "./claims/code.ts";
import type { Functions } from "./claims/functions.ts";
import { claimPclntab } from "./claims/pclntab.ts";
import { claimTables } from "./claims/tables.ts";
import { type Claims, EXACT, KIND } from "./ledger.ts";

/** The claimants, best first. A byte that two of them want goes to the earlier one. */
export const CLAIMANT = {
  /** What the format says of itself: headers, tables, signatures. */
  structure: 0,
  /** Go's tables at known addresses: build info, module data. */
  tables: 1,
  /** The linker's own account, if there is one. */
  testimony: 2,
  /** Functions by the function table. */
  code: 3,
  /** The function table itself. */
  pclntab: 4,
  /** Types, strings, variables. */
  data: 5,
} as const;

/** Claims on code, names and the function table for each function, at most as a rule: room that is not used takes no memory. */
export const TABLE_CLAIMS = 14;

export interface Program {
  readonly exe: Executable;
  readonly buildInfo?: BuildInfo;
  /** "go1.26.8", "" if unknown. */
  readonly goVersion: string;
  readonly go?: GoProgram;
}

/** Opens an executable and finds what Go's linker put into it. Throws InputError. */
export function openProgram(bytes: Uint8Array): Program {
  const exe = openExecutable(bytes);
  const buildInfo = readBuildInfo(exe);
  const goVersion = buildInfo?.goVersion.replace(/^unknown$/, "") ?? "";
  const go = readProgram(exe, goVersion);
  return { exe, goVersion, ...(buildInfo ? { buildInfo } : {}), ...(go ? { go } : {}) };
}

/** Claims what needs no names of symbols: the format's own parts, and Go's tables at known addresses. */
export function claimStructure(claims: Claims, { exe, go, buildInfo }: Program): void {
  claims.begin(CLAIMANT.structure);
  for (const s of exe.structure) claims.file(s.start, s.end, KIND[s.kind], 0, claims.symbols.add(s.name), EXACT);
  claims.begin(CLAIMANT.tables);
  claimTables(claims, exe, go, buildInfo);
}

/** Claims the code and, but for its names, the function table. Returns the RVA behind the last instruction of each function. */
export function claimFunctions(
  claims: Claims,
  exe: Executable,
  go: GoProgram,
  functions: Functions,
  symbolOf: (f: number) => number,
): Uint32Array {
  claims.begin(CLAIMANT.code);
  const codeEnd = claimCode(claims, exe, go, functions, symbolOf);
  claims.begin(CLAIMANT.pclntab);
  claimPclntab(claims, exe, go, functions, symbolOf, endOfPclntab(exe, go));
  return codeEnd;
}

/** Where the function table ends at the latest: as the module data says, else at the next thing with a known address. */
function endOfPclntab(exe: Executable, go: GoProgram): number {
  const { pcln, module } = go;
  if (module && module.epclntab > pcln.rva) return module.epclntab;
  const section = exe.sections.find((s) => s.rva >= 0 && pcln.rva >= s.rva && pcln.rva < s.rva + s.size);
  const bounds = [pcln.rva + pcln.bytes.length];
  if (section) bounds.push(section.rva + section.size);
  if (module)
    bounds.push(module.noptrdata, module.data, module.types, module.typelinks.rva, module.itablinks.rva, module.rva);
  return Math.min(...bounds.filter((b) => b > pcln.rva));
}
