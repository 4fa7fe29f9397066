// Compressed executables, unpacked within bounds.
import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { looksLike, mayBeExecutable } from "../binary/open.ts";
import { ToolFailure } from "./failure.ts";
import { isUnreadable, MAX_BYTES } from "./files.ts";

/** Go executables shrink to a quarter at best. What grows more, beyond what any machine has room for, is made to do harm. */
const MAX_RATIO = 8;
const ALWAYS_ROOM = 128 << 20;

/** Formats by their first bytes (latin1). */
const FORMATS: readonly { magic: string; name: string; open: (bytes: Uint8Array) => AsyncIterable<Uint8Array> }[] = [
  { magic: "\x1f\x8b", name: "gzip", open: (bytes) => Readable.from([bytes]).pipe(createGunzip()) },
  { magic: "\x28\xb5\x2f\xfd", name: "zstd", open: (bytes) => Readable.from([bytes]).pipe(createZstdDecompress()) },
  { magic: "\xfd7zXZ\0", name: "xz", open: unxz },
];

/** Unpacks a gzip, zstd or xz stream of one executable or snapshot; other bytes are answered as they are. `name` stands for them in failures. */
export async function decompress(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const format = FORMATS.find(({ magic }) => [...magic].every((c, i) => bytes[i] === c.charCodeAt(0)));
  if (!format) return bytes;
  const limit = Math.min(MAX_BYTES, bytes.length * MAX_RATIO + ALWAYS_ROOM);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of format.open(bytes)) {
      // what is inside shows at once: nothing else is unpacked to its end
      if (size === 0 && !mayBeExecutable(chunk) && chunk[0] !== OPEN_BRACE) {
        throw isUnreadable(name, `the ${format.name} file holds ${looksLike(chunk)}, not an executable`);
      }
      size += chunk.length;
      if (size > limit) {
        throw isUnreadable(name, `grows to more than ${Math.floor(limit / 1e6)} MB; if that is right, unpack it first`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ToolFailure ? error : isUnreadable(name, "its compressed data is damaged", String(error));
  }
  const all = Buffer.concat(chunks);
  return new Uint8Array(all.buffer, all.byteOffset, all.length);
}

/** A snapshot begins with it. */
const OPEN_BRACE = 0x7b;

async function* unxz(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const { XzReadableStream } = await import("xz-decompress");
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  // the decoder hands out views of its own memory
  for await (const chunk of new XzReadableStream(source) as unknown as AsyncIterable<Uint8Array>) yield chunk.slice();
}
