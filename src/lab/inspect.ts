// What a file tells of itself, without being started.
import { sep } from "node:path";
import { profile } from "../ledger/profile.ts";
import { type KindBytes, snapshot } from "../ledger/snapshot.ts";
import { inflate } from "../toolchain/inflate.ts";
import type { Traits } from "./model.ts";

export interface Inspected {
  /** Bytes by kind; sums to the file's size. */
  readonly kinds: KindBytes;
  readonly traits: Traits;
  /** Directories of this machine whose paths are in the file. */
  readonly paths: readonly string[];
}

/** Reads a file that is not packed. `places` are absolute directories to look for. Throws InputError for what is no executable. */
export function inspect(bytes: Uint8Array, places: readonly string[]): Inspected {
  const found = profile(bytes, { inflate });
  const { exe, language, dwarf } = found;
  const { kinds } = snapshot(found, { name: "", sha256: "" });
  const isElf = exe.format === "elf";
  const functions = kinds.pclntab;
  const hasTable = language === "go" && functions > 0;
  const table = hasTable
    ? `read: its function table (pclntab, ${functions} bytes) has names and lines`
    : "read: it has no function table of Go";
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const linking = exe.dynamic ? "dynamic" : "static";
  return {
    kinds: Object.fromEntries(Object.entries(kinds).filter(([, n]) => n > 0)),
    traits: {
      ...(exe.format === "wasm" ? {} : { linking: { value: linking, how: `read from its ${exe.format} headers` } }),
      ...(isElf ? { interpreter: { value: exe.interpreter ?? "", how: "read: ELF program header PT_INTERP" } } : {}),
      ...(isElf ? { libraries: { value: exe.libraries ?? [], how: "read: ELF dynamic section, DT_NEEDED" } } : {}),
      ...(exe.format === "wasm" ? {} : { aslr: { value: exe.pie, how: "read: position-independent executable" } }),
      panicTrace: { value: hasTable, how: table },
      pprof: { value: hasTable, how: table },
      debugInfo: { value: dwarf, how: "read: DWARF sections" },
    },
    paths: places.filter((place) => text.includes(place + sep)),
  };
}
