// Which package's source a reference was written in: code that was inlined refers to the variables of the package it came from.
import { text } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import { takeU32 } from "../../binary/memory.ts";
import { inlineReader, type InlineStep } from "../../binary/go/inlining.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Pclntab } from "../../binary/go/pclntab.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { renumber } from "../handover.ts";
import type { Names } from "../ledger.ts";
import { NameScanner, packageBySource } from "./functions.ts";

/** Package ids parallel to `refs`; 0 where the target is no variable. */
export interface Origins {
  /** Whose code refers to it; 0 where that is the function's own. */
  readonly inlined: Uint32Array;
  /** Whose inlined code begins right behind a reference of the function's own: an argument of that call, which may be of its package. */
  readonly next: Uint32Array;
}

/** How many bytes in front of inlined code an argument of it is loaded. */
const REACH = 16;

/** How many references of a function are looked up in its table of files, which is read from its start each time. */
const ASKED = 64;
/** Longer names are damage. */
const MAX_NAME = 4096;

/** Packages get ids where only inlined code tells of them. */
export function refOrigins(
  exe: Executable,
  { pcln: t }: GoProgram,
  module: Moduledata,
  refs: Refs,
  packages: Names,
): Origins {
  const inlined = takeU32(refs.count).fill(0);
  const next = takeU32(refs.count).fill(0);
  const { gofunc } = module;
  const low = Math.min(module.noptrdata, module.data);
  const funcdata = gofunc > 0 && !exe.wasm ? regionAt(exe.regions, gofunc) : undefined;
  if (!funcdata) return { inlined, next };
  const { count, func, target, at } = refs;
  const stepsOf = inlineReader(t, funcdata, gofunc);
  const names = new InlinedNames(t, packages);
  const sourceAt = packageBySource(t, packages);
  let asked = 0;
  // a closure of an inlined function has the name of the function that this was inlined into: its source tells
  const writtenIn = (name: number, ref: number): number => {
    const inlinedName = names.look(name);
    const pkg = packageIn(inlinedName);
    return isClosure(inlinedName) && asked++ < ASKED ? sourceAt(func[ref], at[ref]) || pkg : pkg;
  };
  // the references of the function at hand that no step has reached yet, and the first of all
  let r = 0;
  let first = 0;
  let to = 0;
  const note = (step: InlineStep): void => {
    while (r < to && at[r] < step.from) r++;
    if (step.name >= 0 && r > first && at[r - 1] >= step.from - REACH) noteArguments(step);
    for (; r < to && at[r] < step.to; r++) {
      if (step.name >= 0 && target[r] >= low) inlined[r] = writtenIn(step.name, r);
    }
  };
  const noteArguments = ({ from, name }: InlineStep): void => {
    for (let k = r - 1; k >= first && at[k] >= from - REACH && inlined[k] === 0; k--)
      if (target[k] >= low) next[k] = packageIn(names.look(name));
  };
  /** Where the references of the same function end; to note them is wanted where one of them leads to a variable. */
  let wanted = false;
  const endOf = (from: number): number => {
    wanted = false;
    let i = from;
    for (; i < count && func[i] === func[from]; i++) wanted ||= target[i] >= low;
    return i;
  };
  for (let from = 0; from < count; from = to) {
    to = endOf(from);
    first = r = from;
    asked = 0;
    if (wanted) stepsOf(func[from], note);
  }
  return { inlined, next };
}

/** ".func1", ".func1.2", … at the end of a name (cmd/compile/internal/ir/func.go, closureName). */
const CLOSURE = /\.func\d+(?:\.\d+)*$/;

/** What a name of an inlined function tells: the package's id times two, and one if it is a closure's. */
type InlinedName = number;

function packageIn(name: InlinedName): number {
  return name >>> 1;
}

function isClosure(name: InlinedName): boolean {
  return (name & 1) === 1;
}

/** Names of inlined functions, by their offsets within the name table. */
class InlinedNames {
  private readonly t: Pclntab;
  private readonly scan: NameScanner;
  private readonly known = new Map<number, InlinedName>();

  constructor(t: Pclntab, packages: Names) {
    this.t = t;
    this.scan = new NameScanner(t.bytes, packages);
  }

  look(nameOff: number): InlinedName {
    return this.known.get(nameOff) ?? this.read(nameOff);
  }

  private read(nameOff: number): InlinedName {
    const { bytes, funcnametab } = this.t;
    const from = funcnametab + nameOff;
    const pkg = nameOff >= 0 && from < bytes.length ? this.scan.read(from) : 0;
    const name = pkg * 2 + (pkg > 0 && this.endsAsClosure(from, this.scan.end) ? 1 : 0);
    this.known.set(nameOff, name);
    return name;
  }

  private endsAsClosure(from: number, end: number): boolean {
    const { bytes } = this.t;
    const last = bytes[end - 1];
    return last >= 48 && last <= 57 && end - from <= MAX_NAME && CLOSURE.test(text(bytes.subarray(from, end)));
  }
}

/** Origins as one thread hands them to another: packages from the `known`-th id on are those in `added`. Plain data. */
export interface OriginsPart {
  readonly origins: Origins;
  readonly known: number;
  readonly added: readonly string[];
}

/** Takes over origins: packages become the numbers of this table, in place. The first `known` must be the same. */
export function adoptOrigins({ origins, known, added }: OriginsPart, packages: Names): Origins {
  const ids = Uint32Array.from({ length: known + added.length }, (_, i) =>
    i < known ? i : packages.id(added[i - known]),
  );
  if (ids.some((id, i) => id !== i)) {
    renumber(origins.inlined, origins.inlined.length, ids);
    renumber(origins.next, origins.next.length, ids);
  }
  return origins;
}
