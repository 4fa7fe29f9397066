// Packages by the names of symbols, where the names may be C's too: "crtstuff.c", "memcpy@GLIBC_2.14", "name.constprop.0".
import { NO_RVA, type SymbolTable } from "../../binary/executable.ts";
import { packageOf } from "../../binary/go/symbolname.ts";
import type { Names } from "../ledger.ts";
import { isMarker } from "./symbols.ts";

/** Which compiler made the program's symbols. */
export type Dialect = "go" | "tinygo" | "other";

/** Names longer than this are not looked at: hostile tables let thousands of symbols share one endless name. */
const MAX_NAME = 4096;
const MAX_TOTAL = 1 << 27;
/** No marker's name is longer. */
const MAX_MARKER = 32;
const QUESTION = 0x3f;

export class PackageNames {
  private readonly packages: Names;
  private readonly dialect: Dialect;
  private left = MAX_TOTAL;

  constructor(packages: Names, dialect: Dialect) {
    this.packages = packages;
    this.dialect = dialect;
  }

  /** Package id of a symbol by its name alone; 0 if the name tells none. A Go program's packages are known from its functions. */
  of(table: SymbolTable, i: number): number {
    const length = table.nameLength[i];
    if (this.dialect === "other" || length === 0 || length > MAX_NAME || this.left < length) return 0;
    this.left -= length;
    // names of source files
    if (table.letter[i] === QUESTION && table.rva[i] === NO_RVA) return 0;
    const name = table.name(i);
    if (this.dialect === "tinygo") return this.packages.id(packageOf(name.replace(/^\(\*?/, "")));
    return this.packages.find(packageOf(name)) ?? 0;
  }

  /** True for symbols that stand for no object: borders of sections, and what Go's linker keeps under "go:". */
  isMarker(table: SymbolTable, i: number): boolean {
    if (table.nameLength[i] > MAX_MARKER) return false;
    const name = table.name(i);
    return isMarker(name) || (this.dialect === "go" && name.startsWith("go:"));
  }
}
