// The runtime's function table (.gopclntab): GOROOT/src/runtime/symtab.go, internal/abi/symtab.go, cmd/link/internal/ld/pcln.go.
import { text, u32, word } from "../bytes.ts";
import type { Executable } from "../executable.ts";

export type PclnVersion = "1.2" | "1.16" | "1.18" | "1.20";

/** The header, before the text address that the entries need is known. Offsets are relative to the table's first byte. */
export interface PclnHeader {
  readonly version: PclnVersion;
  /** False if the magic is unknown (a newer Go, an obfuscator) and the structure alone tells that this is a table. */
  readonly knownMagic: boolean;
  readonly rva: number;
  /** From the table's first byte to the end of the region's bytes. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly ptrSize: 4 | 8;
  readonly minLC: number;
  readonly nfunc: number;
  readonly nfiles: number;
  /** textStart field as a virtual address; 0 where the format has none or the linker leaves it empty (1.26). */
  readonly textStart: number;
  readonly headerSize: number;
  /** Sub-tables; 1.2 has only functab, the rest is 0 there. */
  readonly funcnametab: number;
  readonly cutab: number;
  readonly filetab: number;
  readonly pctab: number;
  readonly functab: number;
}

/** Struct of arrays over functions, in address order. */
export interface Pclntab extends PclnHeader {
  /** RVA of the first byte, and of the byte after the last (the next function's entry). */
  readonly entry: Uint32Array;
  readonly end: Uint32Array;
  /** Offset of each _func in `bytes`. */
  readonly func: Uint32Array;
  /** Offsets within funcnametab, pctab (1.2: within bytes). */
  readonly nameOff: Uint32Array;
  readonly pcsp: Uint32Array;
  readonly pcfile: Uint32Array;
  readonly pcln: Uint32Array;
  readonly cuOffset: Uint32Array;
  readonly npcdata: Uint8Array;
  readonly nfuncdata: Uint8Array;
  /** Bytes of one functab entry; of the fixed part of _func; of one funcdata reference. */
  readonly functabEntry: number;
  readonly fixed: number;
  readonly funcdataRef: number;
  name(i: number): string;
  /** Offset in `bytes` of function i's pcdata array (u32 each), and of its funcdata array. */
  pcdataAt(i: number): number;
  funcdataAt(i: number): number;
}

const MAGIC: Readonly<Record<number, PclnVersion>> = {
  0xfffffffb: "1.2",
  0xfffffffa: "1.16",
  0xfffffff0: "1.18",
  0xfffffff1: "1.20",
};

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

/** Reads a header at the start of `bytes`, or undefined if it is not a plausible table. */
function header(bytes: Uint8Array, rva: number, le: boolean, guess?: PclnVersion): PclnHeader | undefined {
  if (bytes.length < 80) return undefined;
  const view = viewOf(bytes);
  const known = MAGIC[u32(view, 0, le)];
  const version = guess ?? known;
  const minLC = bytes[6];
  const p = bytes[7];
  if (!version || bytes[4] !== 0 || bytes[5] !== 0) return undefined;
  if ((minLC !== 1 && minLC !== 2 && minLC !== 4) || (p !== 4 && p !== 8)) return undefined;
  const w = (i: number): number => word(view, 8 + i * p, p, le);
  const nfunc = w(0);
  if (nfunc < 1 || nfunc > bytes.length / 8) return undefined;
  const base = {
    version,
    knownMagic: guess === undefined,
    rva,
    bytes,
    littleEndian: le,
    ptrSize: p,
    minLC,
    nfunc,
  } as const;
  if (version === "1.2") {
    return {
      ...base,
      nfiles: 0,
      textStart: 0,
      headerSize: 8 + p,
      funcnametab: 0,
      cutab: 0,
      filetab: 0,
      pctab: 0,
      functab: 8 + p,
    };
  }
  const at = version === "1.16" ? 2 : 3;
  const h: PclnHeader = {
    ...base,
    nfiles: w(1),
    textStart: version === "1.16" ? 0 : w(2),
    headerSize: 8 + p * (at + 5),
    funcnametab: w(at),
    cutab: w(at + 1),
    filetab: w(at + 2),
    pctab: w(at + 3),
    functab: w(at + 4),
  };
  const tables = [h.headerSize, h.funcnametab, h.cutab, h.filetab, h.pctab, h.functab];
  for (let i = 1; i < tables.length; i++)
    if (!(tables[i] >= tables[i - 1] && tables[i] <= bytes.length)) return undefined;
  // without a magic the first sub-table must follow the header at once but for alignment, and none may be empty
  if (guess && (h.funcnametab >= h.headerSize + 32 || tables.some((t, i) => i > 1 && t <= tables[i - 1])))
    return undefined;
  return h;
}

/**
 * All plausible tables: the named section's first, then every hit of the magic in data that is not code, then whatever has the
 * structure of a table of Go 1.20 or later under an unknown magic.
 */
export function* pclntabHeaders(exe: Executable): Generator<PclnHeader> {
  const seen = new Set<number>();
  for (const s of exe.sections) {
    if (s.rva < 0 || !/gopclntab$/.test(s.name)) continue;
    const r = exe.regions.find((q) => s.rva >= q.rva && s.rva < q.rva + q.bytes.length);
    const h = r && header(r.bytes.subarray(s.rva - r.rva), s.rva, exe.littleEndian);
    if (h) {
      seen.add(s.rva);
      yield h;
    }
  }
  const align = exe.ptrSize;
  for (const guess of [undefined, "1.20"] as const) {
    for (const r of exe.regions) {
      if (r.executable && exe.regions.some((q) => !q.executable) && exe.sections.length > 0 && exe.format !== "macho")
        continue;
      const b = r.bytes;
      const lead = exe.littleEndian ? 3 : 0;
      for (let i = (align - (r.rva % align)) % align; i + 80 < b.length; i += align) {
        if (b[i + 4] !== 0 || b[i + 5] !== 0) continue;
        if (guess ? b[i + 7] !== align || b[i + 6] === 0 : b[i + lead] !== 0xff || b[i + 1] !== 0xff) continue;
        if (seen.has(r.rva + i)) continue;
        const h = header(b.subarray(i), r.rva + i, exe.littleEndian, guess);
        if (h) yield h;
      }
    }
  }
}

/**
 * Reads the function table. `textRva` is where the entry offsets of 1.18 and later count from.
 * undefined if the table contradicts itself (a decoy, or obfuscated).
 */
export function readPclntab(exe: Executable, h: PclnHeader, textRva: number): Pclntab | undefined {
  const { bytes, littleEndian: le, ptrSize: p, nfunc } = h;
  const view = viewOf(bytes);
  const relative = h.version === "1.18" || h.version === "1.20";
  const e = relative ? 4 : p;
  const functabEntry = 2 * e;
  if (h.functab + functabEntry * nfunc + e > bytes.length) return undefined;
  const fixed = h.version === "1.20" ? 44 : h.version === "1.18" ? 40 : h.version === "1.16" ? p + 36 : p + 32;
  const base = relative ? textRva : -exe.imageBase;
  const pcs = { at: h.functab, size: e, littleEndian: le } as const;
  const places = exe.wasm ? wasmPlaces(view, pcs, nfunc, exe.wasm) : readPlaces(view, pcs, nfunc, base);
  const func = new Uint32Array(nfunc);
  const offsets = { ...pcs, at: h.functab + e, add: h.version === "1.2" ? 0 : h.functab, limit: bytes.length - fixed };
  if (!places || !readColumn(view, offsets, func)) return undefined;
  const records = readRecords(h, view, func, fixed);
  const { nameOff, npcdata } = records;

  const nameAt = (i: number): string => {
    const from = h.funcnametab + nameOff[i];
    const limit = Math.min(bytes.length, from + 8192);
    let to = from;
    while (to < limit && bytes[to] !== 0) to++;
    return from < limit ? text(bytes.subarray(from, to)) : "";
  };
  const first = nameAt(0);
  if (first === "" || NO_NAME.test(first)) return undefined;

  const funcdataRef = relative ? 4 : p;
  return {
    ...h,
    ...places,
    func,
    ...records,
    functabEntry,
    fixed,
    funcdataRef,
    name: nameAt,
    pcdataAt: (i) => func[i] + fixed,
    funcdataAt: (i) => {
      const at = func[i] + fixed + npcdata[i] * 4;
      return relative ? at : at + ((h.rva + at) % p === 0 ? 0 : p - ((h.rva + at) % p));
    },
  };
}

/** How a column of the functab is written: every second word from `at` on. */
interface Written {
  readonly at: number;
  readonly size: 4 | 8;
  readonly littleEndian: boolean;
}

/** What a column tells: its words plus `add`, none of which may be negative or above `limit`. */
interface Column extends Written {
  readonly add: number;
  readonly limit: number;
}

// A loop for each column: V8 compiles the whole of a function for each loop of it that turns out hot.

function readColumn(view: DataView, column: Column, out: Uint32Array | Float64Array): boolean {
  const { size, littleEndian, add, limit } = column;
  for (let i = 0, at = column.at; i < out.length; i++, at += 2 * size) {
    const value = word(view, at, size, littleEndian) + add;
    if (!(value >= 0 && value <= limit)) return false;
    out[i] = value;
  }
  return true;
}

function isAscending(numbers: Uint32Array | Float64Array): boolean {
  for (let i = 1; i < numbers.length; i++) if (numbers[i] < numbers[i - 1]) return false;
  return true;
}

type Places = Pick<Pclntab, "entry" | "end">;

/** Where functions begin and end; undefined if the functab does not ascend. The last of its places is the end of the last function. */
function readPlaces(view: DataView, written: Written, nfunc: number, add: number): Places | undefined {
  const pc = new Uint32Array(nfunc + 1);
  if (!readColumn(view, { ...written, add, limit: 0xffffffff }, pc) || !isAscending(pc)) return undefined;
  return { entry: pc.subarray(0, nfunc), end: pc.subarray(1) };
}

/** The same of wasm: Go's pc is 0x1000 + the body's number, shifted by 16 before the offsets became relative (cmd/link/internal/wasm). */
function wasmPlaces(
  view: DataView,
  written: Written,
  nfunc: number,
  { starts, ends }: NonNullable<Executable["wasm"]>,
): Places | undefined {
  const pc = new Float64Array(nfunc + 1);
  if (!readColumn(view, { ...written, add: 0, limit: Number.MAX_SAFE_INTEGER }, pc) || !isAscending(pc))
    return undefined;
  const entry = new Uint32Array(nfunc);
  const end = new Uint32Array(nfunc);
  for (let i = 0; i < nfunc; i++) {
    const n = (written.size === 4 ? pc[i] : pc[i] / 65536) - 0x1000;
    if (!(n >= 0 && n < starts.length)) return undefined;
    entry[i] = starts[n];
    end[i] = ends[n];
  }
  return { entry, end };
}

type Records = Pick<Pclntab, "nameOff" | "pcsp" | "pcfile" | "pcln" | "cuOffset" | "npcdata" | "nfuncdata">;

/** Reads the fixed part of each _func. */
function readRecords(h: PclnHeader, view: DataView, func: Uint32Array, fixed: number): Records {
  const { bytes, littleEndian: le, ptrSize: p, nfunc } = h;
  const nameOff = new Uint32Array(nfunc);
  const pcsp = new Uint32Array(nfunc);
  const pcfile = new Uint32Array(nfunc);
  const pcln = new Uint32Array(nfunc);
  const cuOffset = new Uint32Array(nfunc);
  const npcdata = new Uint8Array(nfunc);
  const nfuncdata = new Uint8Array(nfunc);
  const name = h.version === "1.18" || h.version === "1.20" ? 4 : p;
  const hasCu = h.version !== "1.2";
  for (let i = 0; i < nfunc; i++) {
    const f = func[i];
    nameOff[i] = u32(view, f + name, le);
    pcsp[i] = u32(view, f + name + 12, le);
    pcfile[i] = u32(view, f + name + 16, le);
    pcln[i] = u32(view, f + name + 20, le);
    const npc = u32(view, f + name + 24, le);
    npcdata[i] = npc < 32 ? npc : 0;
    if (hasCu) cuOffset[i] = u32(view, f + name + 28, le);
    // up to Go 1.11 the last word was a plain count, later {funcID, flag, pad, nfuncdata}
    const nfd = bytes[f + fixed - 1];
    nfuncdata[i] = nfd < 32 ? nfd : 0;
    if (f + fixed + npcdata[i] * 4 + nfuncdata[i] * p + p > bytes.length) {
      npcdata[i] = 0;
      nfuncdata[i] = 0;
    }
  }
  return { nameOff, pcsp, pcfile, pcln, cuOffset, npcdata, nfuncdata };
}

/** Control characters, and what stands for bytes that are no text. As ranges: to look a property up costs a millisecond. */
// oxlint-disable-next-line no-control-regex
const NO_NAME = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** The last function that starts at or before an RVA; the first one if none does. */
export function lastBefore({ entry }: Pclntab, rva: number): number {
  let lo = 0;
  let hi = entry.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (entry[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

/** The function that starts at an RVA, or −1. */
export function functionAt(table: Pclntab, rva: number): number {
  const f = lastBefore(table, rva);
  return table.entry[f] === rva ? f : -1;
}

/** First value of a pc-value table (zigzag varint delta from −1), or −1. */
export function firstPcValue(table: Pclntab, offset: number): number {
  const { bytes, pctab } = table;
  let at = (table.version === "1.2" ? 0 : pctab) + offset;
  let value = 0;
  for (let shift = 0; shift < 35 && at < bytes.length; shift += 7) {
    const b = bytes[at++];
    value |= (b & 127) << shift;
    if (b < 128) return -1 + ((value >>> 1) ^ -(value & 1));
  }
  return -1;
}
