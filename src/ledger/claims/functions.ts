// Which package each function belongs to: by name where the name tells, by compilation unit and source directory where it does not.
import { packageOf, unescapePath } from "../../binary/go/symbolname.ts";
import { firstPcValue, type Pclntab } from "../../binary/go/pclntab.ts";
import { text, u32 } from "../../binary/bytes.ts";
import { takeU32, takeU8 } from "../../binary/memory.ts";
import type { Names } from "../ledger.ts";

export interface Functions {
  /** Package id per function: the owner that a Go programmer expects (a generic instance belongs to the generic function's package). */
  readonly owner: Uint32Array;
  /** Package id of the compilation unit that the linker filed the function under. */
  readonly unit: Uint32Array;
  /** 1: the linker keeps one copy of several (instances, wrappers, generated equality): the unit is only the first that had it. */
  readonly shared: Uint8Array;
  /** Ids of the packages that have code of their own in text order (dependencies first). */
  readonly textOrder: Uint32Array;
}

const NONE = 0xffffffff;

/** Reads packages of names in a name table. */
export class NameScanner {
  /** Whether the last name has type arguments. */
  generic = false;
  /** Where the last name ends: at its NUL. */
  end = 0;
  private readonly bytes: Uint8Array;
  private readonly packages: Names;
  private lastFrom = -1;
  private lastLength = 0;
  private lastId = 0;
  private readonly slow = new Map<string, number>();

  constructor(bytes: Uint8Array, packages: Names) {
    this.bytes = bytes;
    this.packages = packages;
  }

  /** The package id of the NUL-terminated name at bytes[from], 0 if it tells none. */
  read(from: number): number {
    const { bytes } = this;
    const n = bytes.length;
    let slash = from - 1;
    let dot = -1;
    let i = from;
    let open = false;
    this.generic = false;
    for (; i < n; i++) {
      const c = bytes[i];
      if (c === 0) break;
      if (c === 91) this.generic = true;
      if (open) continue;
      if (c === 91 || c === 40 || c === 123 || c === 32 || c === 34) open = true;
      else if (c === 47) {
        slash = i;
        dot = -1;
      } else if (c === 46 && dot < 0) dot = i;
    }
    this.end = i;
    if (i === from) return 0;
    const first = bytes[from];
    // "type:", "go:", "go.", "struct {", "(*struct {": rare, and decided by text
    if (
      dot <= slash + 1 ||
      first === 40 ||
      (first === 116 && bytes[from + 4] === 58) ||
      (first === 103 && bytes[from + 1] === 111 && (bytes[from + 2] === 58 || (bytes[from + 2] === 46 && slash < from)))
    ) {
      return this.bySlowPath(from, i);
    }
    const length = dot - from;
    if (length === this.lastLength && this.lastFrom >= 0) {
      let same = true;
      for (let k = length - 1; k >= 0; k--) {
        if (bytes[from + k] !== bytes[this.lastFrom + k]) {
          same = false;
          break;
        }
      }
      if (same) return this.lastId;
    }
    const path = text(bytes.subarray(from, dot));
    if (path.startsWith("type") || path.includes(" ")) return this.bySlowPath(from, i);
    this.lastFrom = from;
    this.lastLength = length;
    this.lastId = this.packages.id(unescapePath(path));
    return this.lastId;
  }

  private bySlowPath(from: number, to: number): number {
    const name = text(this.bytes.subarray(from, Math.min(to, from + 65536)));
    let id = this.slow.get(name);
    if (id === undefined) {
      id = this.packages.id(packageOf(name));
      this.slow.set(name, id);
    }
    return id;
  }
}

/** Where the source path of a function's first instruction stands within the file names; −1 if the tables do not tell. */
function firstFile(t: Pclntab, view: DataView, i: number): number {
  if (t.version === "1.2") return -1;
  const file = firstPcValue(t, t.pcfile[i]);
  if (file < 0) return -1;
  const at = t.cutab + (t.cuOffset[i] + file) * 4;
  if (at + 4 > t.filetab) return -1;
  const off = u32(view, at, t.littleEndian);
  return off === NONE || t.filetab + off >= t.pctab ? -1 : off;
}

function fileName(t: Pclntab, offset: number): string {
  const from = t.filetab + offset;
  let to = from;
  while (to < t.pctab && t.bytes[to] !== 0) to++;
  return text(t.bytes.subarray(from, to));
}

/** The known package whose path is the longest suffix of a source file's directory (versions stripped), or 0. */
export function packageOfFile(path: string, packages: Names): number {
  const parts = path
    .replace(/\\/g, "/")
    .replace(/@[^/]*/g, "")
    .split("/");
  parts.pop();
  // GOPROXY paths escape capitals as !x
  const dir = parts.map((s) => s.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase()));
  for (let k = 0; k < dir.length; k++) {
    const id = packages.find(dir.slice(k).join("/"));
    if (id) return id;
  }
  return 0;
}

/** Answers the package id of the name at an offset within the name table. */
export function packageByName(t: Pclntab, packages: Names): (nameOff: number) => number {
  const scan = new NameScanner(t.bytes, packages);
  const known = new Map<number, number>();
  return (nameOff) => {
    let id = known.get(nameOff);
    if (id === undefined) {
      const from = t.funcnametab + nameOff;
      id = nameOff >= 0 && from < t.bytes.length ? scan.read(from) : 0;
      known.set(nameOff, id);
    }
    return id;
  };
}

/** Owners of all functions of one table. Linear in the bytes of the names. */
export function ownFunctions(t: Pclntab, packages: Names): Functions {
  const n = t.nfunc;
  const owner = takeU32(n);
  const unit = takeU32(n);
  const shared = takeU8(n).fill(0);
  const scan = new NameScanner(t.bytes, packages);
  for (let i = 0; i < n; i++) {
    const from = t.funcnametab + t.nameOff[i];
    owner[i] = from < t.bytes.length ? scan.read(from) : 0;
    if (scan.generic || isGeneratedName(t, from)) shared[i] = 1;
  }

  // compilation units by vote of the functions that can only live in their own package; neighbours mostly agree
  const units = new Map<number, Map<number, number>>();
  for (let i = 0; i < n && t.version !== "1.2";) {
    if (shared[i] || owner[i] === 0) {
      i++;
      continue;
    }
    const cu = t.cuOffset[i];
    const pkg = owner[i];
    let count = 0;
    for (; i < n && t.cuOffset[i] === cu && (shared[i] || owner[i] === 0 || owner[i] === pkg); i++) {
      if (!shared[i] && owner[i] !== 0) count++;
    }
    let votes = units.get(cu);
    if (!votes) units.set(cu, (votes = new Map<number, number>()));
    votes.set(pkg, (votes.get(pkg) ?? 0) + count);
  }
  const unitPackage = new Map<number, number>();
  for (const [cu, votes] of units) {
    let best = 0;
    let most = 0;
    for (const [pkg, count] of votes) {
      if (count > most) {
        most = count;
        best = pkg;
      }
    }
    unitPackage.set(cu, best);
  }
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const files = new Map<number, { readonly generated: boolean; readonly pkg: number }>();
  const noFile = { generated: false, pkg: packageOfFile("", packages) };
  const fileOf = (i: number): { readonly generated: boolean; readonly pkg: number } => {
    const offset = firstFile(t, view, i);
    if (offset < 0) return noFile;
    let file = files.get(offset);
    if (!file) {
      const path = fileName(t, offset);
      files.set(offset, (file = { generated: path === "<autogenerated>", pkg: packageOfFile(path, packages) }));
    }
    return file;
  };
  const textOrder = new Set<number>();
  let lastCu = -1;
  let lastPackage = 0;
  for (let i = 0; i < n; i++) {
    if (t.version === "1.2") {
      unit[i] = owner[i];
    } else {
      if (t.cuOffset[i] !== lastCu) {
        let pkg = unitPackage.get(t.cuOffset[i]);
        if (pkg === undefined) {
          // a unit that holds nothing but shared functions: its source files name it
          pkg = fileOf(i).pkg || owner[i];
          unitPackage.set(t.cuOffset[i], pkg);
        }
        lastCu = t.cuOffset[i];
        lastPackage = pkg;
      }
      unit[i] = lastPackage;
    }
    // assembly without a package in its name is filed under whatever unit came before it: its source file tells
    if (owner[i] === 0) owner[i] = fileOf(i).pkg || unit[i];
    else if (owner[i] !== unit[i] && !shared[i]) {
      // either a wrapper (the name is right) or a linkname into another package (the unit is right)
      const file = fileOf(i);
      if (file.generated) shared[i] = 1;
      else if (file.pkg === unit[i]) owner[i] = unit[i];
    }
    if (!shared[i] && owner[i] === unit[i]) textOrder.add(owner[i]);
  }
  return { owner, unit, shared, textOrder: Uint32Array.from(textOrder) };
}

/** "type:.eq.…", "type..hash.…": generated per type, kept once. */
function isGeneratedName(t: Pclntab, from: number): boolean {
  const b = t.bytes;
  return (
    b[from] === 116 &&
    b[from + 1] === 121 &&
    b[from + 2] === 112 &&
    b[from + 3] === 101 &&
    (b[from + 4] === 58 || b[from + 4] === 46)
  );
}
