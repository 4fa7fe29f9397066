// References from code to data, found by the shapes in which each architecture forms addresses.
import { longer, takeU32, takeU8, wider } from "../../memory.ts";

/** Parallel arrays in function order. `formed`: the code forms the address itself (LEA, ADD) instead of loading or storing through it. */
export interface Refs {
  readonly count: number;
  readonly target: Uint32Array;
  readonly func: Uint32Array;
  readonly formed: Uint8Array;
  /** RVA of a byte of the referring instruction. */
  readonly at: Uint32Array;
}

/** What a scanner sees: code of one region, functions by RVA, and the data that references may hit. */
export interface ScanInput {
  readonly code: Uint8Array;
  readonly codeRva: number;
  readonly littleEndian: boolean;
  /** Virtual address of RVA 0, for architectures with absolute addresses. */
  readonly imageBase: number;
  /** Functions in address order, as RVAs inside the code. */
  readonly entry: Uint32Array;
  readonly end: Uint32Array;
  /** Data that counts, [low, high) minus the text. */
  readonly low: number;
  readonly high: number;
  readonly textLow: number;
  readonly textHigh: number;
  /** RVAs of all words that hold addresses, where the file lists them. */
  readonly relocated?: ReadonlySet<number>;
  /** True if function f must be scanned. */
  readonly wanted?: (f: number) => boolean;
}

export type Scanner = (input: ScanInput, out: RefList) => void;

export class RefList {
  count = 0;
  target: Uint32Array;
  func: Uint32Array;
  formed: Uint8Array;
  at: Uint32Array;

  /** `expected` references need no growth. */
  constructor(expected = 1 << 14) {
    this.target = takeU32(expected);
    this.func = takeU32(expected);
    this.formed = takeU8(expected);
    this.at = takeU32(expected);
  }

  add(target: number, func: number, formed: number, at: number): void {
    if (this.count === this.target.length) {
      const n = this.count * 2;
      this.target = wider(this.target, n);
      this.func = wider(this.func, n);
      this.formed = longer(this.formed, n);
      this.at = wider(this.at, n);
    }
    this.target[this.count] = target;
    this.func[this.count] = func;
    this.at[this.count] = at;
    this.formed[this.count++] = formed;
  }
}

/** Whether an RVA may be data. */
export function isData(input: ScanInput, rva: number): boolean {
  return rva >= input.low && rva < input.high && !(rva >= input.textLow && rva < input.textHigh);
}
