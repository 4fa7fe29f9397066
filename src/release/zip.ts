// zip archives that depend on nothing but what goes in. Specification: PKWARE's APPNOTE.TXT, sections 4.3 and 4.4.
import { crc32 } from "node:zlib";
import { deflate, type Level } from "./deflate.ts";
import type { Entry } from "./entry.ts";

const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const STORED = 0;
const DEFLATED = 8;
/** Made by version 2.0 on Unix, so that modes count. */
const MADE_BY = (3 << 8) | 20;
const NEEDED = 20;
/** Names are UTF-8. */
const FLAGS = 1 << 11;
const MAX = 0xffff_ffff;

/** What the format cannot hold without its 64-bit form. */
export class ZipLimit extends Error {
  constructor(path: string) {
    super(`${path} does not fit into a zip archive: use tar.gz`);
    this.name = "ZipLimit";
  }
}

/** The archive's bytes; entries in the order given, dated `seconds` since 1970 in UTC. Throws ZipLimit for 4 GiB and more. */
export function zip(entries: readonly Entry[], seconds: number, level: Level): Uint8Array {
  const stamp = dosTime(seconds);
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const { path, bytes, isExecutable } of entries) {
    const name = Buffer.from(path);
    const packed = deflate(bytes, level);
    const [method, data] = packed.length < bytes.length ? [DEFLATED, packed] : [STORED, bytes];
    if (bytes.length >= MAX || at >= MAX || name.length > 0xffff) throw new ZipLimit(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(NEEDED, 0);
    common.writeUInt16LE(FLAGS, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(stamp, 6);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((isExecutable ? 0o100755 : 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    locals.push(word(LOCAL), common, name, Buffer.from(data.buffer, data.byteOffset, data.length));
    centrals.push(word(CENTRAL), half(MADE_BY), common, tail, name);
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(centrals);
  if (at + directory.length >= MAX || entries.length >= 0xffff) throw new ZipLimit("what is in it");
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** Date in the upper half, time in the lower; the format begins in 1980 and ends in 2107. */
function dosTime(seconds: number): number {
  const date = new Date(Math.min(Math.max(seconds, 315_532_800), 4_354_819_198) * 1000);
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return ((day << 16) | time) >>> 0;
}

function word(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function half(value: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16LE(value);
  return out;
}
