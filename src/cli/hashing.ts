// The hash of a file, in steps between which something else can be looked after.
import type { Hash } from "node:crypto";

/** Takes half a millisecond. */
const STEP = 1 << 20;

export class Hashing {
  private readonly bytes: Uint8Array;
  /** Node's cryptography is large: it is loaded by the first step. */
  private hash: Hash | undefined;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Takes the next bytes; false if none were left. */
  step(): boolean {
    this.hash ??= process.getBuiltinModule("node:crypto").createHash("sha256");
    if (this.at >= this.bytes.length) return false;
    this.hash.update(this.bytes.subarray(this.at, this.at + STEP));
    this.at += STEP;
    return true;
  }

  /** Takes all that is left, and answers the SHA-256 in lower-case hex; to be called once. */
  digest(): string {
    while (this.step());
    return this.hash!.digest("hex");
  }
}
