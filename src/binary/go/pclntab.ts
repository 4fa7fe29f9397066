// The runtime's function table (.gopclntab): GOROOT/src/runtime/symtab.go, internal/abi/symtab.go, cmd/link/internal/ld/pcln.go.
import { type Executable, type Region } from "../executable.ts";
import { text } from "../bytes.ts";

export type PclnVersion = "1.2" | "1.16" | "1.18" | "1.20";

/** Offsets in `bytes` are relative to the table's first byte. Function arrays have nfunc entries; entry has one more (the end). */
export interface Pclntab {
  readonly version: PclnVersion;
  readonly rva: number;
  /** From the table's first byte to the end of the region that holds it. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly ptrSize: 4 | 8;
  readonly minLC: number;
  readonly nfunc: number;
  readonly nfiles: number;
  /** pc of each function as an RVA; for wasm the function number (see `WasmCode`). */
  readonly entry: Uint32Array;
  /** offset of each _func struct in bytes */
  readonly func: Uint32Array;
  /** offset of each name in the function name table */
  readonly nameOff: Uint32Array;
  readonly pcsp: Uint32Array;
  readonly pcfile: Uint32Array;
  readonly pcln: Uint32Array;
  readonly npcdata: Uint8Array;
  readonly nfuncdata: Uint8Array;
  readonly cuOffset: Uint32Array;
  /** Sub-tables, offsets in bytes; `end` of the last one is unknown here (see claims). */
  readonly headerSize: number;
  readonly funcnametab: number;
  readonly cutab: number;
  readonly filetab: number;
  readonly pctab: number;
  /** Start of functab, which func structs follow; funcdata offsets of _func are relative to it. */
  readonly functab: number;
  /** Bytes of one functab entry and of the fixed part of _func. */
  readonly functabEntry: number;
  readonly fixed: number;
  /** Bytes of a funcdata reference in _func: 4 (offset from gofunc) or a pointer. */
  readonly funcdataRef: number;
  name(i: number): string;
}

const MAGIC: Record<number, PclnVersion> = { 0xfffffffb: "1.2", 0xfffffffa: "1.16", 0xfffffff0: "1.18", 0xfffffff1: "1.20" };

class Reader {
  readonly view: DataView;
  constructor(
    readonlyBytes: Uint8Array,
    private readonly le: boolean,
  ) {
    this.view = new DataView(readonlyBytes.buffer, readonlyBytes.byteOffset, readonlyBytes.byteLength);
  }
  u32(o: number): number {
    return this.view.getUint32(o, this.le);
  }
  i32(o: number): number {
    return this.view.getInt32(o, this.le);
  }
}
