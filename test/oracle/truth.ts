// The linker's own account of a link (see zdump.go) as a list of tracked byte ranges with their true owners, and the score of a ledger.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Executable } from "../../src/binary/executable.ts";
import { packageOf } from "../../src/binary/go/symbolname.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";

export interface TrackedSymbol {
  readonly va: number;
  readonly size: number;
  readonly name: string;
  /** Category for the breakdown. */
  readonly category: string;
  /**
   * The one truth owner: for text and types, what the symbol's name says where it names a package (a generic instance belongs to the
   * generic function's package); else the package that the linker's loader recorded.
   */
  readonly owner: string;
  /** Owner plus the linker's record plus the owners of all symbols that refer to it. */
  readonly owners: ReadonlySet<string>;
}

export interface Truth {
  readonly symbols: readonly TrackedSymbol[];
}

interface Row {
  va: number;
  size: number;
  section: string;
  flags: string;
  pkg: string;
  unit: string;
  name: string;
  owner: string;
  owners: Set<string>;
}

function categoryOf(r: Row): string {
  const n = r.name;
  if (r.section === ".text" || r.section === "__text") return "text";
  if (n.startsWith("type:.namedata.") || n.startsWith("type:.importpath.")) return "name";
  if (n.startsWith("type:")) return "type";
  if (n.startsWith("go:string.")) return "string";
  if (n.startsWith("go:itab.")) return "itab";
  if (n.startsWith("runtime.gcbits.")) return "gcbits";
  if (n.includes("..stmp_")) return "stmp";
  if (n.includes("..dict.")) return "dict";
  if (n.includes("..inittask")) return "inittask";
  if (n.includes(".jump")) return "jump table";
  if (n.endsWith("\u00b7f")) return "func descriptor";
  return /bss$/.test(r.section)
    ? "bss"
    : /data$/.test(r.section) && !/rodata|rdata/.test(r.section)
      ? "variable"
      : "other rodata";
}

/** The package that a symbol's name gives it, where programmers go by the name: instances, wrappers, types, itabs, dictionaries. */
function ownerOf(r: Row, category: string): string {
  if (category === "text") {
    // an ordinary function belongs to the package that defines it, whatever name it was linked to
    const shared =
      r.name.includes("[") ||
      r.name.startsWith("type:") ||
      /-fm(\.|$)/.test(r.name) ||
      r.unit !== "" ||
      /^(\(\*)?struct \{|^go:/.test(r.name);
    const named = packageOf(r.name);
    return shared && named !== "" ? named : r.pkg || named;
  }
  if (category === "type" || category === "itab" || category === "dict") return packageOf(r.name) || r.pkg;
  return r.pkg;
}

/** Reads a dump made with relocations. Memory: proportional to the symbols. */
export async function readTruth(dump: string): Promise<Truth> {
  const rows = new Map<number, Row>();
  const relocations: { from: number; to: number[] }[] = [];
  const parts: { function: number; pc: number[]; data: number[] }[] = [];
  let pctab = 0;
  let funcdata = 0;
  for await (const line of createInterface({ input: createReadStream(dump, "utf8"), crlfDelay: Infinity })) {
    const f = line.split("\t");
    if (f[0] === "S" && f.length >= 11) {
      rows.set(Number(f[1]), {
        va: parseInt(f[3], 16),
        size: parseInt(f[4], 16),
        section: f[5],
        flags: f[6],
        pkg: f[7],
        unit: f[8],
        name: f.slice(10).join("\t"),
        owner: "",
        owners: new Set(),
      });
    } else if (f[0] === "R") {
      relocations.push({ from: Number(f[1]), to: f.slice(2).map((r) => Number(r.split(":", 2)[1])) });
    } else if (f[0] === "P") {
      parts.push({
        function: Number(f[1]),
        pc: f[2].trim().split(" ").map(Number),
        data: f[3].trim().split(" ").map(Number),
      });
    } else if (f[0] === "X") {
      pctab = parseInt(f[5], 16);
      funcdata = parseInt(f[6], 16);
    }
  }
  const categories = new Map<number, string>();
  for (const [i, r] of rows) {
    const category =
      r.flags[0] === "P" ? "pctab" : r.flags[0] === "F" && r.section === "-" ? "funcdata" : categoryOf(r);
    categories.set(i, category);
    r.owner = ownerOf(r, category);
    if (r.owner) r.owners.add(r.owner);
    if (r.pkg) r.owners.add(r.pkg);
    if (r.unit) r.owners.add(r.unit);
  }
  // the union of referrers; types pass their owner on to names and masks
  for (const { from, to } of relocations) {
    const source = rows.get(from);
    if (!source) continue;
    for (const t of to) {
      const target = rows.get(t);
      if (!target || target.name.startsWith("type:*")) continue;
      if (source.owner) target.owners.add(source.owner);
      if (source.pkg) target.owners.add(source.pkg);
    }
  }
  const tracked: TrackedSymbol[] = [];
  const inTable = new Map<number, Set<string>>();
  const firstUser = new Map<number, string>();
  for (const p of parts) {
    const fn = rows.get(p.function);
    if (!fn) continue;
    for (const s of [...p.pc, ...p.data]) {
      let set = inTable.get(s);
      if (!set) inTable.set(s, (set = new Set()));
      set.add(fn.owner);
      if (fn.pkg) set.add(fn.pkg);
      if (!firstUser.has(s)) firstUser.set(s, fn.owner);
    }
  }
  for (const [i, r] of rows) {
    const category = categories.get(i)!;
    if (r.size === 0) continue;
    if (category === "pctab" || category === "funcdata") {
      const users = inTable.get(i);
      // offset 0 of pctab is a filler: tables that were left out point there
      if (!users || (category === "pctab" && r.va === 0)) continue;
      tracked.push({
        va: r.va + (category === "pctab" ? pctab : funcdata),
        size: r.size,
        name: r.name,
        category,
        owner: firstUser.get(i)!,
        owners: users,
      });
      continue;
    }
    if (r.section === "-" || r.owner === "" || /bss$/.test(r.section) || r.name.startsWith("runtime.pclntab")) continue;
    if (/^\.?(z?debug|sym|str)/.test(r.section)) continue;
    tracked.push({ va: r.va, size: r.size, name: r.name, category, owner: r.owner, owners: r.owners });
  }
  return { symbols: tracked };
}

export interface Score {
  tracked: number;
  strict: number;
  lenient: number;
  byCategory: Map<string, { tracked: number; strict: number; lenient: number }>;
  /** Wrong bytes by "true owner → claimed owner (category)". */
  wrong: Map<string, { bytes: number; example: string }>;
}

/** Compares a ledger with the truth, byte for byte of every tracked symbol that stands in the file. */
export function score(ledger: Ledger, exe: Executable, truth: Truth): Score {
  const out: Score = { tracked: 0, strict: 0, lenient: 0, byCategory: new Map(), wrong: new Map() };
  const at = (offset: number): number => {
    let lo = 0;
    let hi = ledger.count - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (ledger.start[mid] <= offset) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  };
  for (const s of truth.symbols) {
    const category = out.byCategory.get(s.category) ?? { tracked: 0, strict: 0, lenient: 0 };
    out.byCategory.set(s.category, category);
    // wasm: addresses of functions are numbers of bodies
    const body = exe.wasm && s.category === "text" ? s.va / 0x1_0000 - 0x1000 : -1;
    const rva = body >= 0 ? (exe.wasm!.starts[body] ?? 0) : s.va - exe.imageBase;
    for (const [from, to] of fileRanges(exe, rva, body >= 0 ? (exe.wasm!.ends[body] ?? 0) - rva : s.size)) {
      for (let i = at(from); i < ledger.count && ledger.start[i] < to; i++) {
        const a = Math.max(from, ledger.start[i]);
        const b = Math.min(to, i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size);
        const n = b - a;
        if (n <= 0) continue;
        const owner = ledger.packages.get(ledger.pkg[i]);
        category.tracked += n;
        out.tracked += n;
        if (owner === s.owner) {
          category.strict += n;
          out.strict += n;
        }
        if (s.owners.has(owner)) {
          category.lenient += n;
          out.lenient += n;
        }
        if (owner !== s.owner) {
          const key = `${s.owners.has(owner) ? "shared" : "WRONG"} ${s.category}: ${s.owner} → ${owner || "(" + ledger.symbols.get(ledger.symbol[i]) + ")"}`;
          const w = out.wrong.get(key) ?? { bytes: 0, example: "" };
          w.bytes += n;
          if (w.example === "") w.example = `${s.va.toString(16)}+${s.size} ${s.name.slice(0, 80)}`;
          out.wrong.set(key, w);
        }
      }
    }
  }
  return out;
}

function fileRanges(exe: Executable, rva: number, size: number): [number, number][] {
  const out: [number, number][] = [];
  for (const r of exe.regions) {
    const a = Math.max(rva, r.rva);
    const b = Math.min(rva + size, r.rva + r.bytes.length);
    if (a >= b) continue;
    if (!r.pieces) out.push([r.offset + a - r.rva, r.offset + b - r.rva]);
    else {
      const { rva: start, length, offset } = r.pieces;
      for (let p = 0; p < start.length; p++) {
        const s = Math.max(a, start[p]);
        const e = Math.min(b, start[p] + length[p]);
        if (s < e) out.push([offset[p] + s - start[p], offset[p] + e - start[p]]);
      }
    }
  }
  return out;
}
