// What linkers and run-time linkers add beside code and data: unwind tables, stubs, lists of pointers.
import { u32 } from "../../binary/bytes.ts";
import type { Executable, Section } from "../../binary/executable.ts";
import { type Claims, EXACT, INFERRED, KIND } from "../ledger.ts";
import { FOREIGN } from "./foreign.ts";
import type { Places } from "./places.ts";

/** Sections that only C brings into a program: start code, constructors, unwind tables, lazily bound calls. */
const OF_C: Readonly<Record<string, number>> = {
  ".init": KIND.code,
  ".fini": KIND.code,
  ".plt": KIND.code,
  ".plt.got": KIND.code,
  ".plt.sec": KIND.code,
  ".iplt": KIND.code,
  ".got": KIND.data,
  ".got.plt": KIND.data,
  ".init_array": KIND.data,
  ".fini_array": KIND.data,
  ".preinit_array": KIND.data,
  ".ctors": KIND.data,
  ".dtors": KIND.data,
  ".CRT": KIND.data,
  ".tm_clone_table": KIND.data,
  ".eh_frame": KIND.rodata,
  ".eh_frame_hdr": KIND.rodata,
  ".gcc_except_table": KIND.rodata,
  ".xdata": KIND.rodata,
  __stubs: KIND.code,
  __stub_helper: KIND.code,
  __auth_stubs: KIND.code,
  __got: KIND.data,
  __auth_got: KIND.data,
  __la_symbol_ptr: KIND.data,
  __mod_init_func: KIND.data,
  __unwind_info: KIND.rodata,
  __eh_frame: KIND.rodata,
  __gcc_except_tab: KIND.rodata,
};

/** Claims the tables whose entries follow functions, and, in a program that holds C, the sections that C brings. */
export function claimLinkage(claims: Claims, exe: Executable, places: Places, hasC: boolean): void {
  for (const s of exe.sections) {
    if (s.fileSize === 0) continue;
    if (exe.format === "pe" && s.name === ".pdata") claimPdata(claims, exe, places, s);
    const kind = OF_C[s.name];
    if (!hasC || kind === undefined) continue;
    const foreign = claims.packages.id(FOREIGN);
    claims.file(s.offset, s.offset + s.fileSize, kind, foreign, claims.symbols.add(s.name), INFERRED);
  }
}

/** One record per function: 12 bytes on x86-64, 8 on arm (Microsoft's "PE Format", "The .pdata Section"). */
function claimPdata(claims: Claims, exe: Executable, places: Places, s: Section): void {
  const size = exe.arch === "amd64" ? 12 : exe.arch === "arm64" || exe.arch === "arm" ? 8 : 0;
  if (size === 0) return;
  const view = new DataView(exe.bytes.buffer, exe.bytes.byteOffset, exe.bytes.byteLength);
  const { pkg, symbol } = places.ledger;
  const end = Math.min(s.offset + s.fileSize, exe.bytes.length);
  for (let at = s.offset; at + size <= end; at += size) {
    const range = places.owned(u32(view, at, true));
    if (range >= 0) claims.file(at, at + size, KIND.rodata, pkg[range], symbol[range], EXACT);
  }
}
