// What a release consists of, as it is written beside it: artifacts.json, SHA256SUMS and the provenance that follows from it.
import { PACKAGING_VERSION } from "./archive.ts";
import type { ReleaseName } from "./plan.ts";
import { packageUrl } from "./sbom.ts";

export const ARTIFACTS_SCHEMA = "pare.artifacts/1";
/** The documents of a release, besides the artifacts themselves. */
export const ARTIFACTS_FILE = "artifacts.json";
export const CHECKSUMS_FILE = "SHA256SUMS";
export const PROVENANCE_FILE = "provenance.intoto.json";

export const ARTIFACT_KINDS = ["executable", "archive", "package", "sbom"] as const;

export interface Artifact {
  /** Below the output directory, with forward slashes. */
  readonly path: string;
  readonly kind: (typeof ARTIFACT_KINDS)[number];
  /** The id of the build that it comes from. */
  readonly of: string;
  readonly size: number;
  readonly sha256: string;
}

export interface BuiltModule {
  readonly path: string;
  readonly version: string;
  /** "h1:…"; "" if nothing is known. */
  readonly sum: string;
}

/** How one program was built. */
export interface BuildRecord {
  readonly id: string;
  readonly package: string;
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** SHA-256 of everything that the program depends on. */
  readonly fingerprint: string;
  /** That were linked, replacements instead of what they replace. */
  readonly modules: readonly BuiltModule[];
}

/** artifacts.json: the same release gives the same bytes. */
export interface Artifacts extends ReleaseName {
  readonly schema: typeof ARTIFACTS_SCHEMA;
  /** Version of pare. */
  readonly pare: string;
  /** Ids of everything that the whole release has; a shard has only some. */
  readonly plan: readonly string[];
  /** Sorted by id. */
  readonly builds: readonly BuildRecord[];
  /** Sorted by path. */
  readonly artifacts: readonly Artifact[];
}

/** Names in the order of their bytes, whatever the locale. */
export function byName<T>(nameOf: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => {
    const [one, other] = [nameOf(a), nameOf(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  };
}

/** SHA256SUMS, for `sha256sum -c`. */
export function checksums(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  return [...files]
    .sort(byName(({ path }) => path))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join("");
}

/**
 * An in-toto statement with SLSA provenance (in-toto Statement v1, SLSA provenance v1). It says what pare saw; without a signature of
 * the machine that ran it, it proves nothing to others.
 */
export function provenance(release: Artifacts): string {
  const { artifacts, builds, commit, module, project, tag, version, epoch, goVersion, pare } = release;
  const modules = new Map(
    builds.flatMap((build) => build.modules.map((each) => [`${each.path}@${each.version}`, each])),
  );
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: artifacts.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:pare:release:1",
        externalParameters: {
          project,
          module,
          version,
          tag,
          builds: builds.map(({ id, package: pkg, target, env, flags }) => ({ id, package: pkg, target, env, flags })),
        },
        internalParameters: { sourceDateEpoch: epoch, packagingVersion: PACKAGING_VERSION },
        resolvedDependencies: [
          ...(commit === "" ? [] : [{ uri: packageUrl(module, tag), digest: { gitCommit: commit } }]),
          { uri: `pkg:generic/go@${goVersion.replace(/^go/, "")}` },
          ...[...modules.values()].sort(byName(({ path, version: v }) => `${path}@${v}`)).map(resolved),
        ],
      },
      runDetails: {
        // no times and no run's name: the same release has the same statement
        builder: { id: "urn:pare:release", version: { pare, go: goVersion } },
      },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

function resolved({ path, version, sum }: BuiltModule): object {
  const uri = packageUrl(path, version);
  // the digest that go.sum holds, in the form that in-toto has for it
  if (!sum.startsWith("h1:")) return { uri };
  return { uri, digest: { dirHash: Buffer.from(sum.slice(3), "base64").toString("hex") } };
}

export function artifactsText(release: Artifacts): string {
  return `${JSON.stringify(release, null, 2)}\n`;
}
