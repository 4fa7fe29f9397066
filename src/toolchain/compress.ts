// How many bytes of a file travel: compressed whole, at the levels that the tools have by default.
import { rmSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { Guard } from "./failure.ts";
import { run } from "./process.ts";

/** What each number is, for people. */
export const HOW_COMPRESSED = "whole file: gzip -6 (image layers), zstd -3, brotli -5 (web servers)";
export const HOW_XZ = "xz -6";

/** Bytes under gzip, zstd and brotli. Runs beside other work. */
export async function compressedSizes(bytes: Uint8Array): Promise<{ gzip: number; zstd: number; brotli: number }> {
  const [gz, zstd, br] = await Promise.all([
    promisify(gzip)(bytes, { level: 6 }),
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  ]);
  return { gzip: gz.length, zstd: zstd.length, brotli: br.length };
}

/** Bytes under xz, which puts its file beside this one for a while; a reason if it cannot. Rejects if it was told to end. */
export async function xzSize(
  path: string,
  context: { guard: Guard; signal?: AbortSignal },
): Promise<number | { readonly reason: string }> {
  const packed = `${path}.xz`;
  try {
    const { code, stderr } = await run("xz", ["-6", "-k", "-T1", "-f", path], context);
    context.signal?.throwIfAborted();
    return code === 0 ? statSync(packed).size : { reason: `xz failed: ${stderr.trim().split("\n")[0]}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { reason: "no xz on this machine" };
    throw error;
  } finally {
    rmSync(packed, { force: true });
  }
}
