// Archives packed in threads of their own.
import { setFlagsFromString } from "node:v8";
import { Threads } from "../toolchain/threads.ts";

export interface PackRequest {
  readonly format: "tar.gz" | "zip";
  readonly epoch: number;
  readonly level: number;
  readonly files: readonly { readonly from: string; readonly to: string; readonly isExecutable: boolean }[];
}

export type PackAnswer = { readonly bytes: Uint8Array; readonly sha256: string } | { readonly error: string };

/** Threads that pack, begun as they are needed; close() ends them. */
export class Packers {
  readonly #threads = new Threads<PackRequest, PackAnswer>("packworker", import.meta.url);

  /** The archive's bytes and their hash. Throws Error with the cause. */
  async pack(request: PackRequest): Promise<{ bytes: Uint8Array; sha256: string }> {
    // the last tier of compilation, which short runs do without, pays for itself in a compressor
    setFlagsFromString("--turbofan");
    const answer = await this.#threads.ask(request);
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}
