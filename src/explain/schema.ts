// The zod schemas of the documents that explain. Imported only to print, test or read them.
import { z } from "zod";
import { ROLES } from "../ledger/modules.ts";
import { DEPS_SCHEMA } from "./deps.ts";
import { IMPORTS_SCHEMA } from "./imports.ts";
import { WHY_CHAIN_SCHEMA, WHY_SCHEMA } from "./why.ts";

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const file = z.strictObject({ name: z.string(), size: bytes });

const place = z.strictObject({
  symbol: z.string().describe("linker name"),
  package: z.string().describe('"" for what no package owns'),
  module: z.string(),
  version: z.string(),
});

const how = z
  .enum(["refers", "imports", "method"])
  .describe("refers: by call or address; imports: its init runs first; method: of a type that is in an interface");

const position = z
  .strictObject({ file: z.string(), line: z.int().positive() })
  .describe("in the source of what refers; as the compiler saw the path");

const step = z.strictObject({
  from: place,
  to: place,
  how,
  because: z.string().exactOptional().describe("for a method: what may call it"),
  position: position.exactOptional(),
});

const entrance = z.strictObject({
  from: place,
  to: place,
  how,
  position: position.exactOptional(),
  bytes: bytes.nullable().describe("leave when only this reference is cut (estimate); null: not priced"),
});

export const whySchema = z
  .strictObject({
    schema: z.literal(WHY_SCHEMA),
    file,
    target: z.strictObject({
      kind: z.enum(["package", "module", "type", "symbol", "pattern"]),
      name: z.string(),
      module: z.string(),
      version: z.string(),
      symbols: count.describe("symbols of it that are linked"),
    }),
    attributed: bytes.describe("owned in the ledger of this link"),
    retained: bytes.describe("leave when it is gone: dead-code elimination run again without it (estimate)"),
    chain: z.array(step).describe("the shortest way to it; empty if the linker begins with it"),
    onlyKeptBy: place.nullable().describe("all ways lead through it; null: none but the start of the program"),
    entrances: z.strictObject({
      count,
      packages: z.array(
        z.strictObject({
          package: z.string(),
          module: z.string(),
          version: z.string(),
          bytes: bytes.describe("leave when all of these entrances are cut (estimate)"),
          entrances: z.array(entrance),
        }),
      ),
    }),
    leaves: z
      .array(z.strictObject({ package: z.string(), module: z.string(), bytes }))
      .describe("packages that lose bytes when it is gone; sums to retained but for rounding"),
    warnings: z.array(z.string()),
  })
  .describe("Why something is linked, and what leaves with it");

export const whyChainSchema = z
  .strictObject({ schema: z.literal(WHY_CHAIN_SCHEMA), chain: z.array(z.string()), warnings: z.array(z.string()) })
  .describe("One chain of symbols, where the linker could not be asked for more");

export const importsSchema = z
  .strictObject({
    schema: z.literal(IMPORTS_SCHEMA),
    package: z.string(),
    chain: z.array(z.strictObject({ package: z.string(), module: z.string(), version: z.string(), bytes })),
    importers: z.array(z.string()),
    attributed: bytes.describe("0: imported, yet nothing of it is linked"),
  })
  .describe("The shortest chain of imports to a package");

const depsPackage = z.strictObject({
  path: z.string(),
  attributed: bytes,
  retained: bytes,
  importers: z.array(z.string()),
  entrances: count,
  init: bytes.describe("code of its init functions"),
  embed: bytes.describe("embedded files"),
});

export const depsSchema = z
  .strictObject({
    schema: z.literal(DEPS_SCHEMA),
    file,
    modules: z.array(
      z.strictObject({
        path: z.string(),
        version: z.string(),
        role: z.enum(ROLES),
        attributed: bytes.describe("owned in the ledger of this link"),
        retained: bytes.describe("leave when all of it is gone (estimate); 0 for the main module"),
        importers: count.describe("packages of other modules that import it"),
        entrances: count.describe("symbols outside that refer to it"),
        cutScore: bytes.describe("retained for each entrance"),
        init: bytes,
        embed: bytes,
        packages: z.array(depsPackage),
      }),
    ),
    findings: z.array(
      z.strictObject({
        kind: z.enum(["duplicates", "test package", "version"]),
        id: z.string(),
        message: z.string(),
        names: z.array(z.string()),
        bytes,
      }),
    ),
    warnings: z.array(z.string()),
  })
  .describe("What each dependency costs");

/** By the name that `pare schema` knows. */
export const EXPLAIN_SCHEMAS = { why: whySchema, imports: importsSchema, deps: depsSchema } as const;
