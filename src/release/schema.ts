// The zod schemas of a release's documents, and reading them back.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { PACKAGE_FORMATS, packagesSchema } from "../config/release.ts";
import { ARTIFACT_KINDS, type Artifacts, ARTIFACTS_SCHEMA } from "./artifacts.ts";
import { PLAN_SCHEMA } from "./plan.ts";
import { RELEASE_SCHEMA, STATES } from "./result.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().nonnegative();
const words = z.array(z.string());
const variables = z.record(z.string(), z.string());

/** Below the output directory: what is read back is written to, and removed. */
const path = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]*(?:\/[A-Za-z0-9][A-Za-z0-9._+~-]*)?$/)
  .describe("below the directory of the document");

export const artifactsSchema = z
  .strictObject({
    schema: z.literal(ARTIFACTS_SCHEMA),
    project: z.string(),
    module: z.string(),
    version: z.string(),
    tag: z.string(),
    commit: z.string().describe('"" without a repository'),
    epoch: z.int().nonnegative().describe("seconds since 1970 that everything is dated with"),
    goVersion: z.string(),
    pare: z.string().describe("version of pare"),
    plan: words.describe("ids of everything that the whole release has; a shard has only some of them"),
    builds: z
      .array(
        z.strictObject({
          id: z.string(),
          package: z.string(),
          target: z.string(),
          env: variables,
          flags: words,
          fingerprint: sha256.describe("of everything that the program depends on"),
          modules: z.array(z.strictObject({ path: z.string(), version: z.string(), sum: z.string() })),
        }),
      )
      .describe("sorted by id"),
    artifacts: z
      .array(z.strictObject({ path, kind: z.enum(ARTIFACT_KINDS), of: z.string(), size: bytes, sha256 }))
      .describe("sorted by path"),
  })
  .describe("artifacts.json: what a release consists of. The same release gives the same bytes");

const archive = z.strictObject({
  format: z.enum(["tar.gz", "zip"]),
  path,
  folder: z.string(),
  files: words,
  level: z.int(),
});

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN_SCHEMA),
    project: z.string(),
    module: z.string(),
    version: z.string(),
    tag: z.string(),
    commit: z.string(),
    epoch: z.int().nonnegative(),
    goVersion: z.string(),
    symbols: z.boolean().describe("whether unstripped twins are kept"),
    systemPackages: packagesSchema.nullable(),
    items: z.array(
      z.strictObject({
        id: z.string(),
        build: z.string(),
        package: z.string(),
        target: z.string(),
        env: variables,
        flags: words,
        cgo: z.enum(["on", "off", "auto"]),
        executable: path,
        archive: archive.nullable(),
        systemPackages: z
          .array(
            z.strictObject({
              format: z.enum(PACKAGE_FORMATS),
              path,
              name: z.string(),
              version: z.string(),
              arch: z.string(),
            }),
          )
          .describe("of Linux distributions"),
        sbom: path,
      }),
    ),
    universal: z.array(
      z.strictObject({
        id: z.string(),
        build: z.string(),
        parts: z.tuple([z.string(), z.string()]),
        executable: path,
        archive: archive.nullable(),
      }),
    ),
    warnings: words,
  })
  .describe("What a release would build");

const file = z.strictObject({
  path,
  size: bytes,
  change: z.int().nullable().describe("bytes more than in the release before; null if it had none"),
});

export const releaseSchema = z
  .strictObject({
    schema: z.literal(RELEASE_SCHEMA),
    project: z.string(),
    version: z.string(),
    goVersion: z.string(),
    output: z.string(),
    items: z.array(
      z.strictObject({
        id: z.string(),
        state: z.enum(STATES),
        why: words.describe("why it was built, or not"),
        seconds: z.number().describe("0 where nothing was built"),
        cpuSeconds: z.number(),
        peakBytes: bytes.describe("that all processes of the build held together"),
        compiled: bytes.describe("packages that were compiled; the others came from Go's build cache"),
        packages: bytes,
        executable: file,
        archive: file.nullable(),
        systemPackages: z.array(file),
      }),
    ),
    seconds: z.number(),
    warnings: words,
  })
  .describe("What pare release did");

const DOCUMENTS = { artifacts: artifactsSchema, "release-plan": planSchema, release: releaseSchema } as const;
export type ReleaseDocument = keyof typeof DOCUMENTS;

/** JSON Schema (2020-12) of a document. */
export function releaseJsonSchema(document: ReleaseDocument): Record<string, unknown> {
  return z.toJSONSchema(DOCUMENTS[document], { io: "input" });
}

/** An artifacts.json; undefined if there is none that can be read. */
export function readArtifacts(file: string): Artifacts | undefined {
  try {
    return artifactsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
