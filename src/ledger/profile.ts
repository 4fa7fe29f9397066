// bytes → Profile: opens the container, runs the claimants in their order, and returns the ledger with the facts beside it.
import type { Executable } from "../binary/executable.ts";
import type { BuildInfo } from "../binary/go/buildinfo.ts";
import type { Ledger } from "./ledger.ts";

/** An embedded asset: one line of its own, whoever owns its bytes. */
export interface Embed {
  /** Path in the embed.FS, or the variable's name for a string / []byte embed; "" if the file does not tell. */
  readonly name: string;
  readonly bytes: number;
  /** Package that owns the bytes in the ledger. */
  readonly pkg: string;
  /** Packages whose code or data refers to it. */
  readonly usedBy: readonly string[];
}

/** Memory beyond the file: zero-filled variables. */
export interface BssRow {
  readonly pkg: string;
  readonly symbol: string;
  readonly bytes: number;
}

/** Bytes of code by where the inlined bodies came from (own = owner and origin agree). */
export interface InlinedRow {
  readonly owner: string;
  readonly origin: string;
  readonly bytes: number;
}

/** Everything a view needs. */
export interface Profile {
  readonly exe: Executable;
  readonly ledger: Ledger;
  readonly buildInfo?: BuildInfo;
  /** "go1.26.8", "" if unknown. */
  readonly goVersion: string;
  readonly language: "go" | "tinygo" | "other";
  readonly garbled: boolean;
  /** No symbol table that names Go functions. */
  readonly stripped: boolean;
  readonly dwarf: boolean;
  readonly embeds: readonly Embed[];
  readonly bss: readonly BssRow[];
  readonly inlined?: readonly InlinedRow[];
  /** How the owners were found: the linker's testimony, symbols, or references. */
  readonly testimony: "link probe" | "symbols" | "references" | "none";
  readonly warnings: readonly string[];
}

export interface ProfileOptions {
  /** Compute the origin view of inlined code too. */
  readonly inlined?: boolean;
}
