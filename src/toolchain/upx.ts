// UPX-packed files: unpacked by upx itself into a temporary file.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { run } from "./process.ts";
import { withTemporary } from "./temporary.ts";

/** The original of a packed executable. Throws ToolFailure with both ways out if upx is not there or refuses. */
export async function unpackUpx(name: string, bytes: Uint8Array, guard: Guard): Promise<Uint8Array> {
  return withTemporary(guard, async (directory) => {
    const packed = join(directory, "packed");
    const plain = join(directory, "plain");
    writeFileSync(packed, bytes, { mode: 0o600 });
    let result;
    try {
      result = await run("upx", ["-q", "-d", "-o", plain, packed], { guard });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new ToolFailure(
        "unreadable",
        `${name}: is packed with UPX; install upx (https://upx.github.io) so that it can be unpacked here, or unpack it yourself: upx -d -o plain ${name}`,
      );
    }
    if (result.code !== 0) {
      throw new ToolFailure(
        "unreadable",
        `${name}: is packed with UPX, and upx cannot unpack it`,
        result.stderr.trim() || result.stdout.trim(),
      );
    }
    const plainBytes = readFileSync(plain);
    return new Uint8Array(plainBytes.buffer, plainBytes.byteOffset, plainBytes.length);
  });
}
