// What the link probe writes, read from its file: afterwards, or while the linker still works.
import { closeSync, openSync, readSync } from "node:fs";
import { type ProbeDump, ProbeReader } from "../linkgraph/probe.ts";

/** Milliseconds between two looks at a file that grows. */
const PERIOD = 20;

const CHUNK = 1 << 20;

/** A dump that is being written. The references, most of it, come early: they are read while the linker writes the program. */
export class GrowingDump {
  private readonly path: string;
  private readonly reader = new ProbeReader();
  private readonly chunk = new Uint8Array(CHUNK);
  private readonly timer: NodeJS.Timeout;
  private file: number | undefined;
  private failure: Error | undefined;
  private dump: ProbeDump | undefined;

  /** `onComplete`: as soon as the linker has said all; the program is not written yet. */
  constructor(path: string, onComplete?: (dump: ProbeDump) => void) {
    this.path = path;
    this.timer = setInterval(() => {
      try {
        this.read();
        if (!this.reader.isComplete) return;
        clearInterval(this.timer);
        this.dump = this.reader.finish();
        onComplete?.(this.dump);
      } catch (error) {
        // told by finish, if the build goes well otherwise
        this.failure = error instanceof Error ? error : new Error(String(error));
        clearInterval(this.timer);
      }
    }, PERIOD);
  }

  /** What there is by now. */
  private read(): void {
    try {
      this.file ??= openSync(this.path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    for (;;) {
      const n = readSync(this.file, this.chunk, 0, CHUNK, null);
      if (n === 0) return;
      this.reader.push(this.chunk.subarray(0, n));
    }
  }

  /** Once the linker is done. Throws InputError if it is no dump. */
  finish(): ProbeDump {
    try {
      if (this.failure) throw this.failure;
      if (!this.dump) this.read();
      return (this.dump ??= this.reader.finish());
    } finally {
      this.stop();
    }
  }

  /** Must be called if `finish` is not; harmless afterwards. */
  stop(): void {
    clearInterval(this.timer);
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/** A dump that is complete. Throws InputError if it is none. */
export function readDump(path: string): ProbeDump {
  return new GrowingDump(path).finish();
}
