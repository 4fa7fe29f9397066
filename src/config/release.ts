// The part of pare.yaml that pare release reads. Names in it become file names: none of them leads anywhere else.
import { z } from "zod";
import { env, flags, staysInside, tags, word } from "./words.ts";

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, "no file name: letters, digits, and . _ + - between them");

const insidePath = word
  .min(1)
  .refine(staysInside, "the path leads out of the project")
  .refine((path) => !path.startsWith("-"), "a path, no flag");

const TARGET = /^[a-z0-9]+\/(?:\*|[a-z0-9]+(?:\/[a-z0-9.,]+)?)$/;
const targets = z
  .array(z.string().regex(TARGET, "no target: write linux/amd64, linux/arm/7 or darwin/*"))
  .min(1)
  .describe("GOOS/GOARCH, GOOS/GOARCH/LEVEL, GOOS/*");

/** A file name with places such as {{version}} in it. */
const nameTemplate = z
  .string()
  .regex(/^(?:\{\{ *[a-z]+ *\}\}|[A-Za-z0-9._+-])+$/, "no file name: letters, digits, . _ + - and {{words}}")
  .refine((text) => !/^[.-]/.test(text), "a file name begins with a letter or digit");

const build = z
  .strictObject({
    package: insidePath.describe("the program: a directory below that of this file, or an import path"),
    name: fileName.exactOptional().describe("of the executable; that of the package if absent"),
    flags: flags.exactOptional().describe("of go build, one word each; -trimpath -buildvcs=false if absent"),
    tags: tags.exactOptional(),
    ldflags: word
      .exactOptional()
      .describe('of the linker, with {{version}}, {{commit}}, {{date}} …; "-s -w -buildid=" if absent'),
    env: env.exactOptional(),
    cgo: z
      .boolean()
      .exactOptional()
      .describe("whether C code is built; if absent, only where the program does not build without"),
    targets: targets.exactOptional().describe("instead of the release's"),
  })
  .describe("a program to release");

const FORMATS = ["tar.gz", "zip", "none"] as const;

const archive = z.strictObject({
  format: z.enum(FORMATS).exactOptional().describe("zip for Windows and tar.gz for the others if absent"),
  name: nameTemplate.exactOptional().describe("without its ending; {{name}}_{{version}}_{{target}} if absent"),
  files: z.array(insidePath).exactOptional().describe("put beside the program; LICENSE and README if absent"),
  level: z.int().min(1).max(9).exactOptional().describe("of compression"),
});

export const PACKAGE_FORMATS = ["deb", "rpm", "apk"] as const;

/** A line that nfpm copies; a $ in it would be a variable. */
const line = word.min(1).refine((text) => !text.includes("$"), "no $ here: nfpm takes it for a variable");

const INSTALLED = /^(?:\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+$/;

export const packagesSchema = z
  .strictObject({
    formats: z.array(z.enum(PACKAGE_FORMATS)).min(1),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9+.-]+$/, "no name of a package: small letters, digits and + . -")
      .exactOptional()
      .describe("where there is one build; its name in small letters if absent"),
    maintainer: line.describe("Name <name@example.com>"),
    description: line,
    section: line.exactOptional().describe("of Debian: utils, net, …"),
    homepage: line.exactOptional(),
    license: line.exactOptional().describe("SPDX identifier"),
    vendor: line.exactOptional(),
    depends: z.array(line).exactOptional().describe("packages that it needs"),
    contents: z
      .array(
        z.strictObject({
          from: insidePath.refine((path) => !/[$*?[{]/.test(path), "one file: no $ and no wildcards"),
          to: z.string().regex(INSTALLED, "no path of an installed file: write /etc/app/app.conf"),
          config: z.boolean().exactOptional().describe("the user's changes stay when it is upgraded"),
        }),
      )
      .exactOptional()
      .describe("files beside the program, which goes to /usr/bin"),
  })
  .describe("packages of Linux distributions, written by nfpm");

export const releaseSchema = z
  .strictObject({
    name: fileName.exactOptional().describe("of the project; the last word of the module's path if absent"),
    targets: targets.exactOptional(),
    builds: z.array(build).min(1).exactOptional().describe("the module's main packages if absent"),
    archive: archive.exactOptional(),
    packages: packagesSchema.exactOptional(),
    universal: z.boolean().exactOptional().describe("also one macOS program for amd64 and arm64 together"),
    symbols: z.boolean().exactOptional().describe("keep the unstripped twin of each program; yes if absent"),
  })
  .describe("what pare release builds");

export type ReleaseConfig = z.infer<typeof releaseSchema>;
export type BuildConfig = z.infer<typeof build>;
export type PackagesConfig = z.infer<typeof packagesSchema>;
export type PackageFormat = (typeof PACKAGE_FORMATS)[number];
export type ArchiveFormat = (typeof FORMATS)[number];
