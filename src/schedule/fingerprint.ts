// What a program depends on, and whether that is still the same.
import { createHash } from "node:crypto";

/** Counts up when the fields below mean something else. */
export const FINGERPRINT_FORMAT = 1;

/**
 * Everything that the bytes of a program depend on, in this order. Two equal fingerprints mean the same program: the list of fields is
 * the whole contract of the store.
 */
export interface Fingerprint {
  /** {@link FINGERPRINT_FORMAT}. */
  readonly format: number;
  /** "go1.26.8": compiler, linker and standard library, which a release of Go never changes. A Go that is no release says its own digest. */
  readonly go: string;
  /** Import path of the program: it is written into it. */
  readonly package: string;
  /** Flags of go build, resolved, in their order: a later one replaces an earlier. */
  readonly flags: readonly string[];
  /** Variables that go build reads, sorted by name: target, level, GOEXPERIMENT, GOFLAGS, and those for C where C is built. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Where the module lies, for it is written into the program; "" with -trimpath. */
  readonly directory: string;
  /** What go build stamps the program with: commit and state of the tree; "" with -buildvcs=false. */
  readonly vcs: string;
  /** The C compilers by what their files are, where C is built. What they include from the system is not known. */
  readonly compilers: readonly string[];
  /** Default of GODEBUG, which follows from the go line of go.mod. */
  readonly godebug: string;
  /** Modules whose packages are linked, sorted: path, version, checksum, and what replaces them. Their files are as the checksum says. */
  readonly modules: readonly string[];
  /** Files that are no module's of the cache: path below the project, SHA-256. Go, assembly, C, syso, embedded, and the profile for PGO. */
  readonly files: readonly (readonly [path: string, sha256: string])[];
}

/** SHA-256 over all fields in their order. */
export function fingerprintKey(fingerprint: Fingerprint): string {
  const { format, go, package: pkg, flags, env, directory, vcs, compilers, godebug, modules, files } = fingerprint;
  const fields = [format, go, pkg, flags, env, directory, vcs, compilers, godebug, modules, files];
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex");
}

/** What differs between two fingerprints, in words, the weightiest first; empty if nothing does. */
export function differences(before: Fingerprint, after: Fingerprint): string[] {
  const out: string[] = [];
  if (before.format !== after.format) out.push("fingerprints of this version of pare hold more");
  if (before.go !== after.go) out.push(`${before.go} became ${after.go}`);
  if (before.package !== after.package) out.push(`package ${before.package} became ${after.package}`);
  if (JSON.stringify(before.flags) !== JSON.stringify(after.flags))
    out.push(`flags: ${before.flags.join(" ")} became ${after.flags.join(" ")}`);
  out.push(...listed(new Map(before.env), new Map(after.env), (name) => name));
  if (before.directory !== after.directory) out.push("the directory, without -trimpath");
  if (before.vcs !== after.vcs) out.push("the commit, without -buildvcs=false");
  if (before.compilers.join() !== after.compilers.join()) out.push("the C compiler");
  if (before.godebug !== after.godebug) out.push("the default of GODEBUG");
  out.push(...listed(moduleMap(before), moduleMap(after), (name) => `module ${name}`));
  out.push(...listed(new Map(before.files), new Map(after.files), (name) => name));
  return out;
}

function moduleMap({ modules }: Fingerprint): Map<string, string> {
  return new Map(modules.map((line) => [line.split(" ")[0], line]));
}

function listed(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  shown: (name: string) => string,
): string[] {
  const out: string[] = [];
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old === undefined) out.push(`${shown(name)} is new`);
    else if (old !== value) out.push(`${shown(name)} changed`);
  }
  for (const name of before.keys()) if (!after.has(name)) out.push(`${shown(name)} is gone`);
  return out;
}
