// From an address to function, file and line, with the calls that were inlined there: what the runtime does for a traceback.
// GOROOT/src/runtime/symtab.go (funcline1, funcfile), symtabinl.go (inlineUnwinder); before Go 1.16 debug/gosym/pclntab.go.
import { text, u32 } from "../bytes.ts";
import { type Executable, type Region, regionAt } from "../executable.ts";
import type { GoProgram } from "./program.ts";
import { pcValueAt } from "./pcvalues.ts";

export interface Frame {
  readonly function: string;
  /** As the compiler recorded it; "" if the table does not tell. */
  readonly file: string;
  /** 0 if the table does not tell. */
  readonly line: number;
  /** Whether the code stands in the next frame's function. */
  readonly inlined: boolean;
}

const PCDATA_INL_TREE_INDEX = 2;
const FUNCDATA_INL_TREE = 3;
const NO_OFFSET = 0xffff_ffff;
const NO_FILE = 0xffff_ffff;
/** Calls inlined into each other: the compiler's budget allows far fewer. */
const MAX_DEPTH = 256;
const MAX_TEXT = 8192;
const AMBIGUOUS = -1;

/** A function's name as the runtime prints it: without type arguments (runtime/traceback.go, funcNameForPrint; symtab.go, FuncForPC). */
export function printedName(name: string): string {
  const from = name.indexOf("[");
  const to = name.lastIndexOf("]");
  return from < 0 || to < from ? name : `${name.slice(0, from)}[...]${name.slice(to + 1)}`;
}

/** Looks addresses of one program up. Nothing throws: what is damaged is not known. */
export class Symbolizer {
  private readonly exe: Executable;
  private readonly go: GoProgram;
  private readonly view: DataView;
  private readonly inlineTrees: Region | undefined;
  private byName: ReadonlyMap<string, number> | undefined;

  constructor(exe: Executable, go: GoProgram) {
    this.exe = exe;
    this.go = go;
    const { bytes } = go.pcln;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const gofunc = go.module?.gofunc ?? 0;
    this.inlineTrees = gofunc > 0 ? regionAt(exe.regions, gofunc) : undefined;
  }

  /**
   * Virtual address of a function's first instruction, by its name in the table or as tracebacks print it; undefined if no function has
   * it, or if several instances of a generic one do.
   */
  entry(name: string): number | undefined {
    const { pcln } = this.go;
    if (!this.byName) {
      const byName = new Map<string, number>();
      for (let f = 0; f < pcln.nfunc; f++) {
        const own = pcln.name(f);
        const printed = printedName(own);
        if (printed !== own) byName.set(printed, byName.has(printed) ? AMBIGUOUS : f);
        byName.set(own, f);
      }
      this.byName = byName;
    }
    const f = this.byName.get(name);
    return f === undefined || f === AMBIGUOUS ? undefined : this.addressOf(f);
  }

  /** Virtual address where function f of the table begins; on wasm the program counter that Go gives it. */
  addressOf(f: number): number {
    const { pcln } = this.go;
    if (!this.exe.wasm) return pcln.entry[f] + this.exe.imageBase;
    return (0x1000 + lastAtMost(this.exe.wasm.starts, pcln.entry[f])) * 0x1_0000;
  }

  /**
   * The frames at a virtual address, innermost first; the last is the function that holds the code. Empty where no Go function is.
   * `address` is that of an instruction; of a return address it is the byte in front.
   */
  frames(address: number): Frame[] {
    const found = this.locate(address);
    if (!found) return [];
    const { pcln: t } = this.go;
    const { f } = found;
    const stream = this.inlineStream(f);
    const out: Frame[] = [];
    const visited: number[] = [];
    let { distance } = found;
    for (;;) {
      // where all of a function is inlined code, its first instruction may be recorded as its own call
      const isOwn = stream === undefined || visited.includes(distance) || visited.length >= MAX_DEPTH;
      const call = isOwn ? undefined : this.call(stream, distance);
      const file = this.file(f, distance);
      const line = Math.max(0, pcValueAt(t, t.pcln[f], distance));
      visited.push(distance);
      if (!call) {
        out.push({ function: t.name(f), file, line, inlined: false });
        break;
      }
      out.push({ function: call.name, file, line, inlined: true });
      distance = call.parent;
    }
    return out;
  }

  /** The function that holds an address, and how far behind its entry the address is. */
  private locate(address: number): { f: number; distance: number } | undefined {
    const { pcln: t } = this.go;
    if (!(address >= 0 && Number.isSafeInteger(address))) return undefined;
    let rva = address - this.exe.imageBase;
    let distance = -1;
    if (this.exe.wasm) {
      const body = Math.floor(address / 0x1_0000) - 0x1000;
      if (!(body >= 0 && body < this.exe.wasm.starts.length)) return undefined;
      rva = this.exe.wasm.starts[body];
      distance = address % 0x1_0000;
    }
    if (!(rva >= 0 && rva <= 0xffff_ffff)) return undefined;
    const f = lastAtMost(t.entry, rva);
    if (f < 0 || rva >= t.end[f]) return undefined;
    return { f, distance: distance >= 0 ? distance : rva - t.entry[f] };
  }

  private file(f: number, distance: number): string {
    const { pcln: t } = this.go;
    const number = pcValueAt(t, t.pcfile[f], distance);
    if (number < 0) return "";
    if (t.version === "1.2") {
      const table = this.word(t.functab + t.nfunc * t.functabEntry + t.ptrSize);
      return table > 0 ? this.string(this.word(table + 4 * number)) : "";
    }
    const offset = this.word(t.cutab + 4 * (t.cuOffset[f] + number), NO_FILE);
    return offset === NO_FILE ? "" : this.string(t.filetab + offset);
  }

  /** The inline index table of a function, and where its tree stands within `inlineTrees`. */
  private inlineStream(f: number): { stream: number; tree: number } | undefined {
    const { pcln: t, module } = this.go;
    if (!this.inlineTrees || !module || t.funcdataRef !== 4) return undefined;
    if (t.npcdata[f] <= PCDATA_INL_TREE_INDEX || t.nfuncdata[f] <= FUNCDATA_INL_TREE) return undefined;
    const stream = this.word(t.pcdataAt(f) + 4 * PCDATA_INL_TREE_INDEX);
    const tree = this.word(t.funcdataAt(f) + 4 * FUNCDATA_INL_TREE, NO_OFFSET);
    if (stream === 0 || tree === NO_OFFSET) return undefined;
    return { stream, tree: module.gofunc + tree - this.inlineTrees.rva };
  }

  /** The inlined call that an instruction belongs to: its name, and where in the function the call stood. */
  private call(
    inline: { stream: number; tree: number },
    distance: number,
  ): { name: string; parent: number } | undefined {
    const { pcln: t } = this.go;
    const index = pcValueAt(t, inline.stream, distance);
    if (index < 0) return undefined;
    // inlinedCall: {funcID, pad[3], nameOff, parentPc, startLine}; up to Go 1.19 {parent, funcID, pad, file, line, nameOff, parentPc}
    const [size, nameAt] = t.version === "1.20" ? [16, 4] : [20, 12];
    const { bytes } = this.inlineTrees!;
    const at = inline.tree + index * size;
    if (at < 0 || at + size > bytes.length) return undefined;
    const record = new DataView(bytes.buffer, bytes.byteOffset + at, size);
    const parent = record.getInt32(nameAt + 4, t.littleEndian);
    if (parent < 0) return undefined;
    return { name: this.string(t.funcnametab + record.getInt32(nameAt, t.littleEndian)), parent };
  }

  private word(at: number, otherwise = 0): number {
    return at >= 0 && at + 4 <= this.view.byteLength ? u32(this.view, at, this.go.pcln.littleEndian) : otherwise;
  }

  private string(at: number): string {
    const { bytes } = this.go.pcln;
    if (!(at >= 0 && at < bytes.length)) return "";
    const window = bytes.subarray(at, at + MAX_TEXT);
    const nul = window.indexOf(0);
    return text(nul < 0 ? window : window.subarray(0, nul));
  }
}

/** Index of the last element of a sorted list that is not above a value, or −1. */
export function lastAtMost(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
