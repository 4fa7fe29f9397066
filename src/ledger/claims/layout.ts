// Where what stands in a module's data: the borders of types, strings, function descriptors and the rest.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { findFipsInfo } from "../../binary/go/fipsinfo.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import { functionAt, lastBefore } from "../../binary/go/pclntab.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { TypeTable } from "../../binary/go/types.ts";
import { KIND } from "../ledger.ts";
import type { ImageWords } from "./imagewords.ts";
import type { Area } from "./objects.ts";

const NONE = 0xffffffff;

/** RVAs from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Words of a function's code addresses that stand together, as a switch has them. */
interface JumpTable {
  readonly rva: number;
  readonly size: number;
  readonly func: number;
}

export interface Layout {
  /** Ascending, none over another. */
  readonly areas: readonly Area[];
  readonly strings: Span;
  /** Where one stands, and the function that it leads to. */
  readonly descriptors: readonly (readonly [rva: number, func: number])[];
  readonly jumpTables: readonly JumpTable[];
}

type Program = Readonly<{ exe: Executable; go: GoProgram; module: Moduledata }>;

/**
 * Finds the borders of type data, strings, function descriptors and the rest inside read-only data. `typesEnd` is the end of the last type
 * that is known; `pointersBefore` counts the pointers of .data before each of its words.
 */
export function findLayout(
  program: Program,
  words: ImageWords,
  types: TypeTable,
  typesEnd: number,
  pointersBefore: Uint32Array | undefined,
): Layout {
  const { exe, go, module } = program;
  const p = exe.ptrSize;
  const region = regionAt(exe.regions, module.types)!;
  const rodata = module.rodata > 0 ? module.rodata : module.types;
  // the run of read-only data: from rodata to the next thing with a known address
  const section = exe.sections.find((s) => s.rva >= 0 && rodata >= s.rva && rodata < s.rva + s.size);
  const bounds = [
    go.pcln.rva,
    module.typelinks.rva,
    module.itablinks.rva,
    module.noptrdata,
    module.data,
    module.text,
  ].filter((b) => b > rodata);
  const regionEnd = regionAt(exe.regions, rodata)!;
  let end = Math.min(section ? section.rva + section.size : NONE, regionEnd.rva + regionEnd.bytes.length, ...bounds);
  if (module.etypes > rodata && rodata <= module.types) end = Math.min(end, Math.max(module.etypes, typesEnd));
  const separate = module.types < rodata || module.types >= end;
  const typesTo = separate ? Math.min(Math.max(typesEnd, module.types), region.rva + region.bytes.length) : typesEnd;

  const code = new CodePointers(program, words);
  code.look(separate ? rodata : typesTo, end);
  if (separate) code.look(module.types, typesTo);
  const run = code.longest;
  const descriptors: [number, number][] = [];
  for (let at = run.start; at < run.end; at += p) {
    const f = exe.wasm ? wasmFunction(go, words.word(at)) : functionAt(go.pcln, words.pointer(at));
    if (f >= 0) descriptors.push([at, f]);
  }
  // strings: after the types, before the descriptors (in PIE and Mach-O the descriptors stand with the types, elsewhere)
  const stringsFrom = separate ? rodata : typesTo;
  const inside = run.end > run.start && run.start >= stringsFrom && run.start < end;
  let firstMask = NONE;
  for (const m of types.maskUse) if (m >= stringsFrom && m < end && m < firstMask) firstMask = m;
  const stringsTo = inside ? run.start : firstMask < NONE ? firstMask : end;

  const areas: Area[] = [];
  // arm aligns to 8 at most (cmd/link/internal/arm/l.go)
  const area = (start: number, to: number, kind: number, sorted: boolean): void => {
    const aligned = kind === KIND.data && exe.arch !== "arm";
    if (to > start) areas.push({ start, end: to, kind, sorted, aligned });
  };
  area(module.types, typesTo, KIND.type, false);
  if (separate && !inside) {
    const tail = Math.min(module.etypes > typesTo ? module.etypes : typesTo, region.rva + region.bytes.length);
    area(typesTo, tail, KIND.rodata, true);
  }
  area(stringsFrom, stringsTo, KIND.string, false);
  if (inside) {
    area(run.start, run.end, KIND.rodata, false);
    area(run.end, end, KIND.rodata, true);
  } else area(stringsTo, end, KIND.rodata, true);
  area(module.noptrdata, module.enoptrdata, KIND.data, true);
  area(module.data, module.edata, KIND.data, true);
  if (pointersBefore && module.edata > module.data) {
    areas[areas.length - 1] = {
      ...areas[areas.length - 1],
      pointers: { from: module.data, word: p, before: pointersBefore },
    };
  }
  // zero-filled variables take no bytes of the file, but their owners answer for the memory
  area(module.bss, module.ebss, KIND.data, true);
  area(module.noptrbss, module.enoptrbss, KIND.data, true);
  areas.sort((a, b) => a.start - b.start);
  // each FIPS run starts its order of sizes anew
  cutAt(areas, findFipsInfo(exe)?.bounds ?? []);
  return {
    areas: disjoint(areas),
    strings: { start: stringsFrom, end: stringsTo },
    descriptors,
    jumpTables: code.jumpTables,
  };
}

function cutAt(areas: Area[], cuts: readonly number[]): void {
  for (const cut of cuts) {
    const i = areas.findIndex((a) => cut > a.start && cut < a.end);
    if (i >= 0) areas.splice(i, 1, { ...areas[i], end: cut }, { ...areas[i], start: cut });
  }
}

/** Areas without what an earlier one covers: overlaps would break the one pass over the marks. */
function disjoint(areas: readonly Area[]): Area[] {
  const out: Area[] = [];
  let last = 0;
  for (const a of areas) {
    const start = Math.max(a.start, last);
    if (start < a.end) out.push({ ...a, start });
    last = Math.max(last, a.end);
  }
  return out;
}

/** How many words a jump table has at least. */
const JUMPS = 4;

/** Words that lead into code. */
class CodePointers {
  /** The longest run of words that lead to entries of functions. */
  longest: Span = { start: 0, end: 0 };
  readonly jumpTables: JumpTable[] = [];
  private readonly program: Program;
  private readonly words: ImageWords;
  /** The function that the last word led to. */
  private near = 0;
  /** The run that is being looked at, and the words into one function. */
  private run = { start: 0, end: 0 };
  private jumps = { start: 0, count: 0, func: -1 };

  constructor(program: Program, words: ImageWords) {
    this.program = program;
    this.words = words;
  }

  /** Looks at all words from an RVA to before another. */
  look(from: number, to: number): void {
    const { exe, go, module } = this.program;
    const { words } = this;
    const { entry, end } = go.pcln;
    const p = exe.ptrSize;
    for (let at = Math.ceil(from / p) * p; at + p <= to; at += p) {
      const next = exe.wasm ? nextWasmPc(go, words, at, to) : nextBetween(words, at, to, p, module.text, module.etext);
      if (next > at) {
        this.endRun();
        this.endJumps();
        at = next;
        if (at + p > to) break;
      }
      const v = words.pointer(at);
      if (exe.wasm) this.near = wasmFunction(go, words.word(at));
      // neighbouring words mostly lead to the same function or to the next one
      else if (this.near + 1 < entry.length && entry[this.near + 1] === v) this.near++;
      else if (!(v >= entry[this.near] && v < end[this.near])) this.near = lastBefore(go.pcln, v);
      const { near } = this;
      if (exe.wasm ? near >= 0 : entry[near] === v) {
        this.endJumps();
        if (this.run.end === 0) this.run.start = at;
        this.run.end = at + p;
      } else {
        this.endRun();
        this.addJump(at, near >= 0 && v >= entry[near] && v < end[near] ? near : -1);
      }
    }
    this.endRun();
    this.endJumps();
  }

  private endRun(): void {
    const { run, longest } = this;
    if (run.end - run.start > longest.end - longest.start) this.longest = run;
    if (run.end > 0) this.run = { start: 0, end: 0 };
  }

  /** `func`: −1 if the word leads into none. */
  private addJump(at: number, func: number): void {
    if (func >= 0 && func === this.jumps.func) this.jumps.count++;
    else {
      this.endJumps();
      this.jumps = { start: at, count: 1, func };
    }
  }

  private endJumps(): void {
    const { start, count, func } = this.jumps;
    if (count >= JUMPS) this.jumpTables.push({ rva: start, size: count * this.program.exe.ptrSize, func });
    if (count > 0) this.jumps = { start: 0, count: 0, func: -1 };
  }
}

/** Where the next word from `at` on stands that leads to [low, high); behind the last one before `to` if none does. */
function nextBetween(words: ImageWords, at: number, to: number, p: number, low: number, high: number): number {
  for (; at + p <= to; at += p) {
    const target = words.pointer(at);
    if (target >= low && target < high) break;
  }
  return at;
}

/** The same of words that are places in wasm's code. */
function nextWasmPc(go: GoProgram, words: ImageWords, at: number, to: number): number {
  while (at + 8 <= to && !isWasmPc(go, words.word(at))) at += 8;
  return at;
}

function isWasmPc(go: GoProgram, v: number): boolean {
  return v % 65536 === 0 && v >= 0x1000_0000 && v / 65536 - 0x1000 < go.pcln.nfunc;
}

export function wasmFunction(go: GoProgram, v: number): number {
  return isWasmPc(go, v) ? v / 65536 - 0x1000 : -1;
}

/** Answers what stands at an RVA; it is asked for neighbours one after the other, so the area of the last answer is tried first. */
export function kindsOf(areas: readonly Area[]): (rva: number) => number {
  let [low, high, kind]: number[] = [1, 0, 0];
  return (rva) => {
    if (rva >= low && rva < high) return kind;
    for (const area of areas) {
      if (rva < area.start || rva >= area.end) continue;
      low = area.start;
      high = area.end;
      return (kind = area.kind);
    }
    return KIND.rodata;
  };
}
