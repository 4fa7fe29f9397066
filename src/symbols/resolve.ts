// From addresses and tracebacks of a program to functions, files and lines.
import { type Executable, NO_RVA } from "../binary/executable.ts";
import type { GoProgram } from "../binary/go/program.ts";
import { type Frame, lastAtMost, printedName, Symbolizer } from "../binary/go/symbolize.ts";

export interface Resolved {
  /** Virtual address in the file. */
  readonly address: number;
  /** Innermost first; empty if nothing is known. */
  readonly frames: readonly Frame[];
}

/** One program, and its unstripped twin if there is one: Go code by the function table, C code by the name of its symbol. */
export class Resolver {
  readonly exe: Executable;
  private readonly go: Symbolizer | undefined;
  private readonly twin: Executable;
  private foreign: { rva: Uint32Array; index: Uint32Array } | undefined;

  constructor(exe: Executable, program: GoProgram | undefined, twin: Executable = exe) {
    this.exe = exe;
    this.twin = twin;
    if (program) this.go = new Symbolizer(exe, program);
  }

  /** Virtual address of a Go function by name. */
  entry(name: string): number | undefined {
    return this.go?.entry(name);
  }

  frames(address: number): readonly Frame[] {
    const frames = this.go?.frames(address) ?? [];
    if (frames.length > 0) return frames;
    const name = this.symbol(address);
    return name === "" ? [] : [{ function: name, file: "", line: 0, inlined: false }];
  }

  resolve(address: number): Resolved {
    return { address, frames: this.frames(address) };
  }

  /** Name of the symbol that an address lies in; "" if there is none. */
  private symbol(address: number): string {
    const { twin } = this;
    if (twin.wasm) return "";
    const table = twin.symbols();
    this.foreign ??= codeSymbols(twin);
    const { rva, index } = this.foreign;
    const at = address - twin.imageBase;
    if (!(at >= 0 && at <= NO_RVA)) return "";
    const found = lastAtMost(rva, at);
    if (found < 0) return "";
    const i = index[found];
    // hand-written assembly may have no size: it reaches to the next symbol
    const isInside = table.size[i] === 0 ? table.rva[i] <= at : at - table.rva[i] < table.size[i];
    return isInside && twin.regions.some((r) => r.executable && at >= r.rva && at < r.rva + r.memSize)
      ? table.name(i)
      : "";
  }
}

function codeSymbols(exe: Executable): { rva: Uint32Array; index: Uint32Array } {
  const table = exe.symbols();
  const [upper, lower] = ["T".charCodeAt(0), "t".charCodeAt(0)];
  const found: number[] = [];
  for (let i = 0; i < table.count; i++) {
    if ((table.letter[i] === upper || table.letter[i] === lower) && table.rva[i] !== NO_RVA) found.push(i);
  }
  found.sort((a, b) => table.rva[a] - table.rva[b] || a - b);
  return { rva: Uint32Array.from(found, (i) => table.rva[i]), index: Uint32Array.from(found) };
}

/** "0x48e1f5", "48e1f5" → a number, or undefined. Addresses beyond 2^53 belong to no program that can be read. */
export function parseAddress(text: string): number | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text)?.[1];
  const value = digits === undefined ? Number.NaN : Number.parseInt(digits, 16);
  return Number.isSafeInteger(value) ? value : undefined;
}

export interface ResolvedLine extends Resolved {
  /** Number of the line of the trace, from 1. */
  readonly line: number;
}

export interface ResolvedTrace {
  readonly text: string;
  readonly resolved: readonly ResolvedLine[];
}

/** `\tfile:12 +0x1d fp=0x… sp=0x… pc=0x…` of a traceback: GOROOT/src/runtime/traceback.go (traceback2, printcreatedby). */
const PLACE = /^(\s+)(.*?)(?::(-?\d+))?(?: \+0x([0-9a-f]+))?((?: (?:fp|sp|pc)=0x[0-9a-f]+)*)\s*$/;
const CALL = /^(?:created by )?(\S.*?)(?:\([^()]*\)| in goroutine \d+)?\s*$/;
/** `#3 0x48e1f5 in ?? ()`, or an address alone. */
const BARE = /^\s*(?:#\d+\s+)?(0x[0-9a-f]{4,16})(?:\s+in \?\? \(\))?\s*$/i;
const SIGNAL = /^\[signal .*\bpc=0x([0-9a-f]+)/;
const PAGE = 4096;

interface Place {
  readonly address: number;
  readonly pc: number | undefined;
}

/**
 * Fills in what the frames of a traceback lack: places that are missing or unknown ("?:0"), calls that were inlined. What is there
 * stays as it is. Frames are found by name and distance, which address-space randomisation does not change; bare addresses by
 * `base`, the difference between run time and file, which is taken from the trace where it tells both.
 */
export function resolveTrace(text: string, resolver: Resolver, base?: number): ResolvedTrace {
  const lines = text.split("\n");
  const places = lines.map((line, i) => placeOf(line, lines[i - 1] ?? "", resolver));
  const signal = lines.map((line) => SIGNAL.exec(line)?.[1]).find((pc) => pc !== undefined);
  const slide = base ?? slideOf(places, signal === undefined ? undefined : parseAddress(signal));
  const faulting = signal === undefined ? undefined : (parseAddress(signal) ?? 0) - slide;
  const out: string[] = [];
  const resolved: ResolvedLine[] = [];
  for (const [i, line] of lines.entries()) {
    const bare = BARE.exec(line);
    if (bare) {
      const found = resolver.resolve((parseAddress(bare[1]) ?? -1) - slide);
      resolved.push({ line: i + 1, ...found });
      out.push(line.replace(/\s*(?:in \?\? \(\))?\s*$/, ""), ...found.frames.map((frame) => `\t${shown(frame)}`));
      continue;
    }
    const place = places[i];
    if (!place) {
      out.push(line);
      continue;
    }
    // a return address is behind the call; where a signal came from is the instruction itself
    const frames = resolver.frames(place.address === faulting ? place.address : place.address - 1);
    if (frames.length === 0) {
      out.push(line);
      continue;
    }
    resolved.push({ line: i + 1, address: place.address, frames });
    const [, indent, file, number, offset, registers] = PLACE.exec(line)!;
    const [innermost] = frames;
    const outermost = frames[frames.length - 1];
    const isKnown = Number(number) > 0 && !/^\?*$/.test(file);
    const isInnermost =
      file === innermost.file && Number(number) === innermost.line && outermost.line !== innermost.line;
    if (isKnown && !isInnermost) {
      out.push(line);
      continue;
    }
    const call = out.pop() ?? "";
    for (const frame of frames.slice(0, -1)) out.push(`${printedName(frame.function)}(...)`, `${indent}${at(frame)}`);
    out.push(call, `${indent}${at(outermost)}${offset === undefined ? "" : ` +0x${offset}`}${registers}`);
  }
  return { text: out.join("\n"), resolved };
}

const at = (frame: Frame): string => (frame.line > 0 ? `${frame.file}:${frame.line}` : "??:0");
const shown = (frame: Frame): string => `${frame.function} ${at(frame)}${frame.inlined ? " (inlined)" : ""}`;

/** The return address of a frame, by its function's name and the distance from its entry. */
function placeOf(line: string, above: string, resolver: Resolver): Place | undefined {
  const place = PLACE.exec(line);
  if (place?.[4] === undefined) return undefined;
  const name = CALL.exec(above)?.[1];
  // the one function that tracebacks call otherwise (runtime/traceback.go, funcNameForPrint)
  const entry = name === undefined ? undefined : resolver.entry(name === "panic" ? "runtime.gopanic" : name);
  if (entry === undefined) return undefined;
  const pc = / pc=0x([0-9a-f]+)/.exec(place[5])?.[1];
  return { address: entry + Number.parseInt(place[4], 16), pc: pc === undefined ? undefined : parseAddress(pc) };
}

/** Run time minus file, from a frame that tells both, or from the place of a signal, which differs from its frame by whole pages. */
function slideOf(places: readonly (Place | undefined)[], signal: number | undefined): number {
  for (const place of places) if (place?.pc !== undefined) return place.pc - place.address;
  if (signal === undefined) return 0;
  for (const place of places) if (place && (signal - place.address) % PAGE === 0) return signal - place.address;
  return 0;
}
