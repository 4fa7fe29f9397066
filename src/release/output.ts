// The output directory: every file appears whole under its name, and SHA256SUMS is there only while it is true.
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digests } from "../schedule/digests.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { replaceFile, replaceLargeFile } from "../toolchain/replacefile.ts";
import { type Artifacts, ARTIFACTS_FILE, CHECKSUMS_FILE, PROVENANCE_FILE } from "./artifacts.ts";
import { readArtifacts } from "./schema.ts";

/** Where artifacts.json is kept while a release is under way: the next one compares with it. */
const PREVIOUS_FILE = ".pare-previous.json";
/** What a release that was killed leaves: the directory that it worked in, and files that were not renamed yet. */
const LEFT_BEHIND = /^\.pare-work-\d+$|\.\d+\.tmp$/;

/** The hash of content. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export class Output {
  readonly directory: string;
  /** The release that was here before. */
  readonly previous: Artifacts | undefined;
  readonly #digests: Digests;
  readonly #guard: Guard;
  #isTouched = false;

  constructor(directory: string, digests: Digests, guard: Guard) {
    this.directory = directory;
    this.#digests = digests;
    this.#guard = guard;
    this.previous = readArtifacts(join(directory, ARTIFACTS_FILE)) ?? readArtifacts(join(directory, PREVIOUS_FILE));
  }

  /** An empty directory on the same file system, so that what is built in it can be renamed. */
  workDirectory(): string {
    // the lock says that nobody else is at work here
    for (const name of readdirSync(this.directory, { recursive: true }) as string[])
      if (LEFT_BEHIND.test(name)) rmSync(join(this.directory, name), { recursive: true, force: true });
    const path = join(this.directory, `.pare-work-${process.pid}`);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Whether a file is there with this content. */
  has(path: string, sha256: string): boolean {
    return this.#digests.of(join(this.directory, path)) === sha256;
  }

  /** Puts content under its name. Throws ToolFailure if it cannot be written. */
  async put(path: string, bytes: Uint8Array | string, sha256: string, isExecutable = false): Promise<void> {
    this.#touch();
    const file = join(this.directory, path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      await replaceLargeFile(file, bytes, isExecutable ? 0o755 : 0o644, this.#guard);
    } catch (error) {
      throw this.#unwritten(path, error);
    }
    this.#digests.put(file, sha256);
  }

  /** Puts a program that is there already, on the same file system, under its name. */
  async take(from: string, path: string, sha256: string): Promise<void> {
    this.#touch();
    const file = join(this.directory, path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      const handle = await open(from, "r");
      try {
        await handle.chmod(0o755);
        await handle.sync();
      } finally {
        await handle.close();
      }
      renameSync(from, file);
    } catch (error) {
      throw this.#unwritten(path, error);
    }
    this.#digests.put(file, sha256);
  }

  /** A small document: written only if it is not there already. */
  document(path: string, text: string): string {
    const sha256 = sha256Of(text);
    if (this.has(path, sha256)) return sha256;
    this.#touch();
    const file = join(this.directory, path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      replaceFile(file, [text], this.#guard);
      chmodSync(file, 0o644);
    } catch (error) {
      throw this.#unwritten(path, error);
    }
    this.#digests.put(file, sha256);
    return sha256;
  }

  /** Removes what the release before had and this one has not. */
  removeStale(release: Artifacts): void {
    const kept = new Set(release.artifacts.map(({ path }) => path.toLowerCase()));
    for (const { path } of this.previous?.artifacts ?? []) {
      if (kept.has(path.toLowerCase())) continue;
      this.#touch();
      rmSync(join(this.directory, path), { force: true });
      const folder = dirname(path);
      if (folder === ".") continue;
      try {
        rmdirSync(join(this.directory, folder));
      } catch {
        // something else is in it
      }
    }
  }

  /** All is there. */
  finish(): void {
    rmSync(join(this.directory, PREVIOUS_FILE), { force: true });
  }

  /** From the first change on, what speaks of the whole is not true any more. */
  #touch(): void {
    if (this.#isTouched) return;
    this.#isTouched = true;
    for (const name of [CHECKSUMS_FILE, PROVENANCE_FILE]) rmSync(join(this.directory, name), { force: true });
    try {
      renameSync(join(this.directory, ARTIFACTS_FILE), join(this.directory, PREVIOUS_FILE));
    } catch {
      // there was none
    }
  }

  #unwritten(path: string, error: unknown): ToolFailure {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOSPC" ? "no space is left on the disk" : code === "EACCES" ? "permission denied" : (code ?? message);
    return new ToolFailure("unreadable", `${join(this.directory, path)}: cannot be written: ${why}`, message);
  }
}

/** Content of a file of a release, for what is made of it. */
export function bytesOf(output: Output, path: string): Uint8Array {
  return readFileSync(join(output.directory, path));
}
