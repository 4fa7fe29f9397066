// What the link probe writes only when it is asked for relocations: who refers to whom, which package imports which, and the tables
// of each function inside pclntab.
import { U32List } from "../binary/go/types.ts";
import { F64List, type Fields } from "./fields.ts";

const TAB = 9;
const COLON = 58;

/** Relocations, struct of arrays in the order of the symbols that have them. */
export interface ProbeGraph {
  /** Relocations of the dump's symbol i are [start[i], start[i + 1]). */
  readonly start: Uint32Array;
  readonly offset: Uint32Array;
  /** The linker's number of the symbol referred to; 0: none. */
  readonly target: Uint32Array;
  readonly addend: Float64Array;
  /** The linker's own number; see typeName. */
  readonly type: Uint32Array;
  /** 1 where the reference does not keep its target. */
  readonly weak: Uint32Array;
  /** Name of the method that an R_USENAMEDMETHOD relocation keeps. */
  readonly method: ReadonlyMap<number, string>;
  /** "R_CALL"; "" if the linker gave no name. */
  typeName(type: number): string;
  /** Package → packages it imports, as indices into the dump's packages. */
  readonly imports: ReadonlyMap<number, readonly number[]>;
  readonly functions: readonly FunctionTables[];
}

/** Symbol numbers of one function's tables; 0: it has none. */
export interface FunctionTables {
  readonly symbol: number;
  /** pcsp, pcfile, pcline, pcinline */
  readonly fixed: readonly number[];
  readonly pcdata: readonly number[];
  readonly funcdata: readonly number[];
  /** Functions whose bodies were inlined, in the order of the inline tree. */
  readonly inlined: readonly number[];
}

/** Collects the rows I, K, P and R. */
export class ProbeGraphBuilder {
  private readonly start = new U32List();
  private readonly offset = new U32List();
  private readonly target = new U32List();
  private readonly addend = new F64List();
  private readonly type = new U32List();
  private readonly weak = new U32List();
  private readonly method = new Map<number, string>();
  private readonly typeNames = new Map<number, string>();
  private readonly imports = new Map<number, number[]>();
  private readonly functions: FunctionTables[] = [];

  /** A symbol begins: relocations that follow are its own. */
  symbol(): void {
    this.start.push(this.target.count);
  }

  nameType(type: number, name: string): void {
    this.typeNames.set(type, name);
  }

  addImports(row: Fields): void {
    const from = row.number(TAB);
    const to: number[] = [];
    while (!row.done) to.push(row.number(TAB));
    this.imports.set(from, to);
  }

  addFunction(row: Fields): void {
    const list = (): number[] => row.text(TAB).split(" ").filter(Boolean).map(Number);
    const symbol = row.number(TAB);
    this.functions.push({ symbol, fixed: list(), pcdata: list(), funcdata: list(), inlined: list() });
  }

  addRelocations(row: Fields): void {
    row.number(TAB);
    while (!row.done) {
      this.offset.push(row.number(COLON));
      this.target.push(row.number(COLON));
      this.addend.push(row.number(COLON));
      this.type.push(row.number(COLON));
      this.weak.push(row.number(COLON));
      const name = row.text(TAB);
      if (name !== "") this.method.set(this.target.count - 1, name);
    }
  }

  /** undefined if the dump was made without relocations. */
  finish(): ProbeGraph | undefined {
    if (this.target.count === 0) return undefined;
    this.start.push(this.target.count);
    const { method, typeNames, imports, functions } = this;
    return {
      start: this.start.array(),
      offset: this.offset.array(),
      target: this.target.array(),
      addend: this.addend.array(),
      type: this.type.array(),
      weak: this.weak.array(),
      method,
      typeName: (type) => typeNames.get(type) ?? "",
      imports,
      functions,
    };
  }
}
