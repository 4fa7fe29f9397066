// Two tiers behind one face: Go's directory on disk, and a remote cache that may be there or not.
import { promises } from "node:fs";
import { decodeActionResult, encodeActionResult } from "./actionresult.ts";
import type { GoDirectory, Output } from "./godirectory.ts";
import { sha256 } from "./digest.ts";
import { RemoteError } from "./failure.ts";
import type { Remote } from "./remote.ts";

/** An output of the compiler that is larger is not taken from a remote. */
const MAX_OUTPUT = 2 ** 31 - 1;
const MAX_VALUE = 1 << 16;
/** Uploads at a time, and outputs that wait for their turn: what comes on top is not uploaded. */
const UPLOADS = 8;
const MAX_WAITING = 20_000;
/** Failures after which the remote is left alone. */
const MAX_FAILURES = 3;

export interface TierOptions {
  readonly local: GoDirectory;
  readonly remote?: Remote | undefined;
  /** Do not write to the remote. */
  readonly readOnly?: boolean;
  readonly warn: (text: string) => void;
}

export class Tiers {
  private readonly options: TierOptions;
  private failures = 0;
  private readonly waiting: { action: string; output: Output }[] = [];
  private running = 0;
  private idle: (() => void) | undefined;

  constructor(options: TierOptions) {
    this.options = options;
  }

  private get remote(): Remote | undefined {
    return this.failures < MAX_FAILURES ? this.options.remote : undefined;
  }

  /** What an action made: from the disk, else from the remote, verified by its hash and kept on the disk. */
  get(action: string): Output | undefined | Promise<Output | undefined> {
    return this.options.local.get(action) ?? (this.remote ? this.fetch(action, this.remote) : undefined);
  }

  private async fetch(action: string, remote: Remote): Promise<Output | undefined> {
    try {
      const value = await remote.get("ac", action, MAX_VALUE);
      const digest = value && decodeActionResult(value);
      if (!digest || digest.size > MAX_OUTPUT) return undefined;
      const bytes = digest.size === 0 ? Buffer.alloc(0) : await remote.get("cas", digest.hash, digest.size);
      if (bytes === undefined) return undefined;
      if (bytes.length !== digest.size || sha256(bytes) !== digest.hash) {
        throw new RemoteError(`the entry ${digest.hash} is damaged`);
      }
      return this.options.local.put(action, digest.hash, bytes);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Keeps what an action made. Throws what the system says of the disk. */
  put(action: string, id: string, bytes: Uint8Array): Output {
    const output = this.options.local.put(action, id, bytes);
    if (this.remote && this.options.readOnly !== true && this.waiting.length < MAX_WAITING) {
      this.waiting.push({ action, output });
      this.work();
    }
    return output;
  }

  private work(): void {
    while (this.running < UPLOADS) {
      const next = this.remote && this.waiting.shift();
      if (!next) break;
      this.running++;
      void this.upload(next.action, next.output).finally(() => {
        this.running--;
        this.work();
      });
    }
    if (this.running === 0) this.idle?.();
  }

  /** The output before the action: a value must not lead to what is not there. */
  private async upload(action: string, { id, size, path }: Output): Promise<void> {
    const { remote } = this;
    if (!remote) return;
    try {
      if (size > 0) await remote.put("cas", id, await promises.readFile(path));
      await remote.put("ac", action, encodeActionResult({ hash: id, size }));
    } catch (error) {
      this.fail(error);
    }
  }

  /** One warning, whatever goes wrong how often. */
  private fail(error: unknown): void {
    if (this.failures++ > 0) return;
    const why = error instanceof Error ? error.message : String(error);
    this.options.warn(`the remote cache ${this.options.remote?.name ?? ""} ${why}: the build goes on without it`);
  }

  /** Waits for uploads, at most so long (milliseconds); what is left is not uploaded. */
  async close(patience: number): Promise<void> {
    if (this.running === 0) return;
    const begun = this.waiting.length;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([new Promise<void>((resolve) => (this.idle = resolve)), late]);
    clearTimeout(timer);
    if (this.running > 0 && this.failures === 0) {
      const left = this.waiting.length + this.running;
      this.options.warn(`${left} of ${begun + UPLOADS} outputs were not uploaded in ${patience / 1000} s`);
    }
    this.waiting.length = 0;
  }
}
