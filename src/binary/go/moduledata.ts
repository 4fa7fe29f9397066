// The runtime's moduledata: GOROOT/src/runtime/symtab.go (type moduledata), written by cmd/link/internal/ld/symtab.go.
import { u32, word } from "../bytes.ts";
import { type Executable, regionAt } from "../executable.ts";
import type { PclnHeader } from "./pclntab.ts";

export interface Span {
  /** RVA and number of elements. */
  readonly rva: number;
  readonly length: number;
}

/** Addresses are RVAs; a bound that the version lacks, or that is not mapped, is 0. */
export interface Moduledata {
  readonly rva: number;
  /** Size of the struct as far as this layout is known. */
  readonly size: number;
  /** Word layout that fitted: the first Go version that uses it. */
  readonly layout: string;
  readonly text: number;
  readonly etext: number;
  readonly noptrdata: number;
  readonly enoptrdata: number;
  readonly data: number;
  readonly edata: number;
  readonly bss: number;
  readonly ebss: number;
  readonly noptrbss: number;
  readonly enoptrbss: number;
  readonly covctrs: number;
  readonly ecovctrs: number;
  readonly gcdata: number;
  readonly gcbss: number;
  readonly types: number;
  readonly etypes: number;
  readonly rodata: number;
  /** Base of funcdata references (1.18+). */
  readonly gofunc: number;
  readonly epclntab: number;
  readonly filetab: number;
  readonly findfunctab: number;
  readonly pctab: Span;
  readonly textsectmap: Span;
  /** Of i32 type offsets. */
  readonly typelinks: Span;
  /** Of pointers. */
  readonly itablinks: Span;
  readonly inittasks: Span;
}

/** Word indices that differ between versions; 16 words up to enoptrbss are common from 1.16 on. */
interface Layout {
  readonly since: string;
  readonly covctrs: number;
  readonly gcdata: number;
  readonly types: number;
  readonly rodata: number;
  readonly gofunc: number;
  readonly epclntab: number;
  readonly textsectmap: number;
  readonly typelinks: number;
  readonly inittasks: number;
  /** Words that belong to the struct at least. */
  readonly words: number;
}

const LAYOUTS: readonly Layout[] = [
  {
    since: "1.26",
    covctrs: 32,
    gcdata: 35,
    types: 37,
    rodata: 39,
    gofunc: 40,
    epclntab: 41,
    textsectmap: 42,
    typelinks: 45,
    inittasks: 59,
    words: 74,
  },
  {
    since: "1.21",
    covctrs: 32,
    gcdata: 35,
    types: 37,
    rodata: 39,
    gofunc: 40,
    epclntab: -1,
    textsectmap: 41,
    typelinks: 44,
    inittasks: 58,
    words: 70,
  },
  {
    since: "1.20",
    covctrs: 32,
    gcdata: 35,
    types: 37,
    rodata: 39,
    gofunc: 40,
    epclntab: -1,
    textsectmap: 41,
    typelinks: 44,
    inittasks: -1,
    words: 60,
  },
  {
    since: "1.18",
    covctrs: -1,
    gcdata: 33,
    types: 35,
    rodata: 37,
    gofunc: 38,
    epclntab: -1,
    textsectmap: 39,
    typelinks: 42,
    inittasks: -1,
    words: 58,
  },
  {
    since: "1.16",
    covctrs: -1,
    gcdata: 33,
    types: 35,
    rodata: -1,
    gofunc: -1,
    epclntab: -1,
    textsectmap: 37,
    typelinks: 40,
    inittasks: -1,
    words: 56,
  },
];

function wordReader(exe: Executable, bytes: Uint8Array): (offset: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (offset) => word(view, offset, exe.ptrSize, exe.littleEndian);
}

/** Finds the moduledata that points at this pclntab; undefined if none does (Go ≤ 1.15, obfuscated, damaged). */
export function findModuledata(exe: Executable, pcln: PclnHeader): Moduledata | undefined {
  if (pcln.version === "1.2") return undefined;
  const p = exe.ptrSize;
  const base = exe.imageBase;
  const first = pcln.rva + base;
  const second = first + pcln.funcnametab;
  const low = first % 0x1_0000_0000;
  const le = exe.littleEndian;
  // it is written at start-up, so it stands in writable data; other places are for files that are not laid out as usual
  const regions = [...exe.regions].sort((a, b) => Number(b.writable) - Number(a.writable));
  for (const r of regions) {
    if (r.executable && exe.regions.length > 1 && exe.format !== "macho") continue;
    const stop = r.bytes.length - 56 * p;
    if (stop < 0) continue;
    const get = wordReader(exe, r.bytes);
    const lowAt = p === 8 && !le ? 4 : 0;
    const lows = new DataView(r.bytes.buffer, r.bytes.byteOffset + lowAt, r.bytes.byteLength - lowAt);
    for (let o = (p - (r.rva % p)) % p; (o = nextWord(lows, o, stop, p, low, le)) <= stop; o += p) {
      if (get(o) !== first || get(o + p) !== second) continue;
      for (const layout of LAYOUTS) {
        const m = read(exe, r.rva + o, (i) => (o + i * p + p <= r.bytes.length ? get(o + i * p) : 0), layout, pcln);
        if (m) return m;
      }
    }
  }
  return undefined;
}

/** Offset from `at` on of the next of the words `step` bytes apart whose low half is `low`, behind `stop` if there is none. */
function nextWord(lows: DataView, at: number, stop: number, step: number, low: number, littleEndian: boolean): number {
  while (at <= stop && u32(lows, at, littleEndian) !== low) at += step;
  return at;
}

function read(
  exe: Executable,
  rva: number,
  w: (i: number) => number,
  layout: Layout,
  pcln: PclnHeader,
): Moduledata | undefined {
  const addr = (i: number): number => {
    if (i < 0) return 0;
    const v = w(i) - exe.imageBase;
    return v > 0 && v <= 0xffffffff ? v : 0;
  };
  const slice = (i: number): Span | undefined => {
    if (i < 0) return { rva: 0, length: 0 };
    const length = w(i + 1);
    if (length !== w(i + 2) || length > exe.bytes.length) return undefined;
    if (length > 0 && !regionAt(exe.regions, addr(i))) return undefined;
    return { rva: addr(i), length };
  };
  for (const i of [1, 4, 7, 10, 13, 16]) if (!slice(i)) return undefined;
  const pctab = slice(10)!;
  const textsectmap = slice(layout.textsectmap);
  const typelinks = slice(layout.typelinks);
  const itablinks = slice(layout.typelinks + 3);
  const inittasks = slice(layout.inittasks);
  if (!textsectmap || !typelinks || !itablinks || !inittasks) return undefined;
  const text = w(22) - exe.imageBase;
  const etext = w(23) - exe.imageBase;
  if (!exe.wasm && (!(text >= 0 && text < etext) || !regionAt(exe.regions, text)?.executable)) return undefined;
  const types = addr(layout.types);
  const etypes = addr(layout.types + 1);
  if (types > etypes || !regionAt(exe.regions, types)) return undefined;
  // 1.26 inserted epclntab before textsectmap: a small count where an address must be means the older layout
  if (layout.epclntab >= 0) {
    const e = addr(layout.epclntab);
    if (e <= pcln.rva || e > pcln.rva + pcln.bytes.length + 1) return undefined;
  }
  if (typelinks.length > 0 && (typelinks.length * 4 > exe.bytes.length || !regionAt(exe.regions, typelinks.rva)))
    return undefined;
  return {
    rva,
    size: layout.words * exe.ptrSize,
    layout: layout.since,
    text: Math.max(0, text),
    etext: Math.max(0, etext),
    noptrdata: addr(24),
    enoptrdata: addr(25),
    data: addr(26),
    edata: addr(27),
    bss: addr(28),
    ebss: addr(29),
    noptrbss: addr(30),
    enoptrbss: addr(31),
    covctrs: addr(layout.covctrs),
    ecovctrs: layout.covctrs < 0 ? 0 : addr(layout.covctrs + 1),
    gcdata: addr(layout.gcdata),
    gcbss: addr(layout.gcdata + 1),
    types,
    etypes,
    rodata: addr(layout.rodata),
    gofunc: addr(layout.gofunc),
    epclntab: addr(layout.epclntab),
    filetab: addr(7),
    findfunctab: addr(19),
    pctab,
    textsectmap,
    typelinks,
    itablinks,
    inittasks,
  };
}
