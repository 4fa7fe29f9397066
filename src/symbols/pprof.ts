// Profiles of pprof: the parts that symbols need, read from and written to the protocol buffer in place.
// Specification: github.com/google/pprof/proto/profile.proto; the wire format: protobuf.dev/programming-guides/encoding.
import { promisify } from "node:util";
import { gunzip, gzipSync } from "node:zlib";
import type { Executable } from "../binary/executable.ts";
import { type Frame, printedName } from "../binary/go/symbolize.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import type { Resolved, Resolver } from "./resolve.ts";

const PROFILE = { mapping: 3, location: 4, function: 5, stringTable: 6 } as const;
const MAPPING = { start: 2, limit: 3, offset: 4, file: 5, buildId: 6, hasFunctions: 7, hasInline: 10 } as const;
const LOCATION = { id: 1, mapping: 2, address: 3, line: 4 } as const;
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4 } as const;
const LINE = { function: 1, line: 2 } as const;

const MAX_PROFILE = 1 << 29;

interface Field {
  readonly number: number;
  /** Of a varint or fixed field; beyond 2^53 low bits are lost. */
  readonly value: number;
  /** Of a length-delimited field. */
  readonly bytes: Uint8Array;
  /** The whole field as it stands. */
  readonly raw: Uint8Array;
}

class Damaged extends Error {}

/** The fields of a message, in order. Throws Damaged. */
function* fields(message: Uint8Array): Generator<Field> {
  const none = new Uint8Array(0);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= message.length) throw new Damaged();
      const b = message[at++];
      value += (b & 127) * factor;
      if (b < 128) return value;
      factor *= 128;
    }
    throw new Damaged();
  };
  while (at < message.length) {
    const from = at;
    const tag = varint();
    const number = Math.floor(tag / 8);
    let value = 0;
    let bytes: Uint8Array = none;
    switch (tag % 8) {
      case 0:
        value = varint();
        break;
      case 1:
      case 5:
        at += tag % 8 === 1 ? 8 : 4;
        break;
      case 2: {
        const length = varint();
        bytes = message.subarray(at, at + length);
        at += length;
        break;
      }
      default:
        throw new Damaged();
    }
    if (number === 0 || at > message.length) throw new Damaged();
    yield { number, value, bytes, raw: message.subarray(from, at) };
  }
}

function varintBytes(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return out;
}

const varintField = (number: number, value: number): number[] => [...varintBytes(number * 8), ...varintBytes(value)];

function bytesField(number: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [...varintBytes(number * 8 + 2), ...varintBytes(length)];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

interface Mapping {
  readonly id: number;
  readonly start: number;
  readonly limit: number;
  readonly offset: number;
  readonly buildId: string;
}

export interface ResolvedProfile {
  /** The profile with symbols, gzip-compressed. */
  readonly bytes: Uint8Array;
  /** Locations that had no function, with what is known of them now. */
  readonly resolved: readonly Resolved[];
  /** Locations in all. */
  readonly locations: number;
}

/** Whether bytes are a gzip stream or hold what no text does: a text of addresses or a traceback has no control characters so small. */
export function mayBeProfile(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes.subarray(0, 512).some((b) => b < 9);
}

/**
 * Gives functions to the locations of a profile that have none and lie in this program: in a mapping that has one of its build IDs, or
 * in the first mapping if that has none. Everything else stays as it is. Throws ToolFailure if the bytes are no profile.
 */
export async function resolveProfile(
  name: string,
  bytes: Uint8Array,
  resolver: Resolver,
  buildIds: readonly string[],
): Promise<ResolvedProfile> {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const profile = isPacked ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_PROFILE }) : bytes;
    return rewrite(profile, resolver, buildIds);
  } catch (error) {
    if (error instanceof ToolFailure) throw error;
    throw new ToolFailure("unreadable", `${name}: is not a profile of pprof, or is damaged`, String(error));
  }
}

function rewrite(profile: Uint8Array, resolver: Resolver, buildIds: readonly string[]): ResolvedProfile {
  const all = [...fields(profile)];
  const strings = all.filter(({ number }) => number === PROFILE.stringTable).map((field) => field.bytes);
  const mappings = all
    .filter(({ number }) => number === PROFILE.mapping)
    .map((field) => mappingOf(field.bytes, strings));
  const own = new Map<number, Mapping>();
  for (const [i, mapping] of mappings.entries()) {
    if (buildIds.includes(mapping.buildId) || (i === 0 && mapping.buildId === "")) own.set(mapping.id, mapping);
  }
  const added = new Additions(strings.length, all);
  const resolved: Resolved[] = [];
  let locations = 0;
  const out: Uint8Array[] = [];
  for (const field of all) {
    if (field.number === PROFILE.location) {
      locations++;
      const location = locationOf(field.bytes);
      const mapping = own.get(location.mapping) ?? (mappings.length === 0 ? NO_MAPPING : undefined);
      if (!location.hasLines && mapping) {
        const address = fileAddress(resolver.exe, mapping, location.address);
        const frames = address === undefined ? [] : resolver.frames(address);
        resolved.push({ address: address ?? location.address, frames });
        const lines = frames.map((frame) =>
          bytesField(LOCATION.line, [
            ...varintField(LINE.function, added.function(frame)),
            ...varintField(LINE.line, frame.line),
          ]),
        );
        out.push(bytesField(PROFILE.location, field.bytes, ...lines));
        continue;
      }
    } else if (field.number === PROFILE.mapping && own.has(mappingOf(field.bytes, strings).id)) {
      const flags: number[] = [];
      for (let flag = MAPPING.hasFunctions; flag <= MAPPING.hasInline; flag++) flags.push(...varintField(flag, 1));
      out.push(bytesField(PROFILE.mapping, field.bytes, flags));
      continue;
    }
    out.push(field.raw);
  }
  const whole = Buffer.concat([...out, ...added.fields]);
  return { bytes: gzipSync(whole), resolved, locations };
}

const NO_MAPPING: Mapping = { id: 0, start: 0, limit: 0, offset: 0, buildId: "" };

function mappingOf(message: Uint8Array, strings: readonly Uint8Array[]): Mapping {
  const mapping = { id: 0, start: 0, limit: 0, offset: 0, buildId: "" };
  for (const { number, value } of fields(message)) {
    if (number === 1) mapping.id = value;
    else if (number === MAPPING.start) mapping.start = value;
    else if (number === MAPPING.limit) mapping.limit = value;
    else if (number === MAPPING.offset) mapping.offset = value;
    else if (number === MAPPING.buildId) mapping.buildId = Buffer.from(strings[value] ?? []).toString("latin1");
  }
  return mapping;
}

function locationOf(message: Uint8Array): { mapping: number; address: number; hasLines: boolean } {
  const location = { mapping: 0, address: 0, hasLines: false };
  for (const { number, value } of fields(message)) {
    if (number === LOCATION.mapping) location.mapping = value;
    else if (number === LOCATION.address) location.address = value;
    else if (number === LOCATION.line) location.hasLines = true;
  }
  return location;
}

/** From an address of the process to one of the file: by the part of the file that was mapped there. */
function fileAddress(exe: Executable, mapping: Mapping, address: number): number | undefined {
  if (mapping.start === 0) return address;
  if (address < mapping.start || (mapping.limit > 0 && address >= mapping.limit)) return undefined;
  const offset = address - mapping.start + mapping.offset;
  const region = exe.regions.find((r) => r.executable && offset >= r.offset && offset < r.offset + r.bytes.length);
  return region && offset - region.offset + region.rva + exe.imageBase;
}

/** Strings and functions that come behind what the profile has. */
class Additions {
  readonly fields: Uint8Array[] = [];
  private nextString: number;
  private nextFunction = 1;
  private readonly strings = new Map<string, number>();
  private readonly functions = new Map<string, number>();

  constructor(strings: number, all: readonly Field[]) {
    this.nextString = strings;
    // string 0 is the empty one, in every profile
    if (strings === 0) this.string("");
    for (const field of all) {
      if (field.number !== PROFILE.function) continue;
      for (const { number, value } of fields(field.bytes)) {
        if (number === FUNCTION.id) this.nextFunction = Math.max(this.nextFunction, value + 1);
      }
    }
  }

  function(frame: Frame): number {
    const shown = printedName(frame.function);
    const key = `${shown}\0${frame.file}`;
    let id = this.functions.get(key);
    if (id !== undefined) return id;
    id = this.nextFunction++;
    this.functions.set(key, id);
    const name = this.string(shown);
    const message = [
      ...varintField(FUNCTION.id, id),
      ...varintField(FUNCTION.name, name),
      ...varintField(FUNCTION.systemName, name),
      ...varintField(FUNCTION.file, this.string(frame.file)),
    ];
    this.fields.push(bytesField(PROFILE.function, message));
    return id;
  }

  private string(text: string): number {
    let index = this.strings.get(text);
    if (index !== undefined) return index;
    index = this.nextString++;
    this.strings.set(text, index);
    this.fields.push(bytesField(PROFILE.stringTable, Buffer.from(text)));
    return index;
  }
}
