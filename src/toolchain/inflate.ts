// Decompression of debug sections by Node's zlib: the readers are pure and get it handed in.
import { inflateSync, zstdDecompressSync } from "node:zlib";

/**
 * Decompresses a stream that announces `rawSize` bytes. Throws if the stream is damaged, if it holds more than that, or if this
 * Node cannot read the method.
 */
export function inflate(stream: Uint8Array, rawSize: number, method: "zlib" | "zstd"): Uint8Array {
  const options = { maxOutputLength: Math.max(1, rawSize) };
  return method === "zlib" ? inflateSync(stream, options) : zstdDecompressSync(stream, options);
}
