// The library: bytes in, values out. Nothing here touches the file system or starts a
// process; `inflate` is for `profile` to read compressed DWARF with, where there is Node.
export { InputError } from "./binary/bytes.ts";
export type { Executable } from "./binary/executable.ts";
export { openExecutable } from "./binary/open.ts";
export { diff, type Diff } from "./ledger/diff.ts";
export { KINDS, type Kind, type Ledger } from "./ledger/ledger.ts";
export { profile, type Profile, type ProfileOptions } from "./ledger/profile.ts";
export { jsonSchema } from "./ledger/schema.ts";
export { type FileFacts, type Snapshot, snapshot, type SnapshotOptions } from "./ledger/snapshot.ts";
export { inflate } from "./toolchain/inflate.ts";
export { view, type View, type ViewOptions } from "./ledger/views.ts";
