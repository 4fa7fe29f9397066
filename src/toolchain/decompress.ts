// Compressed executables, unpacked within bounds.
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { isUnreadable, MAX_BYTES } from "./files.ts";

/** Go executables shrink to a third; more than this is a bomb. */
const MAX_RATIO = 200;

/** Unpacks a gzip, zstd or xz stream; other bytes are answered as they are. `name` stands for them in failures. */
export async function decompress(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const magic = (text: string): boolean => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
  const limit = Math.min(MAX_BYTES, bytes.length * MAX_RATIO + (1 << 20));
  try {
    if (magic("\x1f\x8b")) return view(gunzipSync(bytes, { maxOutputLength: limit }));
    if (magic("\x28\xb5\x2f\xfd")) return view(zstdDecompressSync(bytes, { maxOutputLength: limit }));
    if (magic("\xfd7zXZ\0")) return await unxz(bytes, limit);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const tooBig =
      code === "ERR_BUFFER_TOO_LARGE" || (error instanceof RangeError && /larg|length|memory/i.test(error.message));
    throw isUnreadable(
      name,
      tooBig ? `unpacks to more than ${limit} bytes` : "its compressed data is damaged",
      String(error),
    );
  }
  return bytes;
}

const view = (b: Buffer): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, b.length);

async function unxz(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const { XzReadableStream } = await import("xz-decompress");
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of new XzReadableStream(source) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) throw new RangeError("too large");
    chunks.push(chunk.slice());
  }
  return view(Buffer.concat(chunks));
}
