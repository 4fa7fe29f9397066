// The zod schemas of the documents that explain. Imported only to print, test or read them.
import { z } from "zod";
import { ROLES } from "../ledger/modules.ts";
import { DCE_SCHEMA } from "./dce.ts";
import { WHY_FILE_SCHEMA } from "./alone.ts";
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

export const whyFileSchema = z
  .strictObject({
    schema: z.literal(WHY_FILE_SCHEMA),
    target: z.string(),
    attributed: bytes,
    functions: count,
    symbols: z.array(z.strictObject({ name: z.string(), package: z.string(), bytes })),
  })
  .describe("What an executable alone tells about a target");

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
    measured: z
      .array(
        z.strictObject({
          target: z.string(),
          attributed: bytes,
          retained: bytes,
          removed: z.int().nullable().describe("saved by a build with stubs in its place; null: it could not be built"),
          without: bytes.nullable().describe("size of the file of that build"),
          stubs: bytes.nullable().describe("bytes in it that only the stubs keep (estimate)"),
          notes: z.array(z.string()),
        }),
      )
      .exactOptional(),
    warnings: z.array(z.string()),
  })
  .describe("What each dependency costs");

const cures = z
  .array(
    z.strictObject({
      id: z.string().describe("entry of pare's knowledge"),
      kind: z.enum(["tag", "upgrade", "go", "replace", "code", "remove", "wait"]),
      text: z.string(),
      what: z
        .string()
        .describe('build tags, a module and its versions, packages to use instead, an issue; "" if the text says it'),
      sources: z.array(z.url()),
    }),
  )
  .describe("what is known to help");

export const dceSchema = z
  .strictObject({
    schema: z.literal(DCE_SCHEMA),
    file: z.strictObject({ name: z.string(), size: bytes, goVersion: z.string() }),
    elimination: z.enum(["on", "off"]).describe("of methods, as the linker testifies"),
    dynamic: z
      .strictObject({
        importers: z.array(z.string()).describe("of package plugin; empty: flags of the build ask for it"),
        gain: bytes.describe("leave when it alone is cured (estimate)"),
      })
      .nullable()
      .describe("dynamic linking, which keeps all methods"),
    blockers: z.array(
      z.strictObject({
        functions: z.array(place),
        calls: z.array(z.strictObject({ callee: z.string(), position: position.exactOptional() })),
        chain: z.array(step).describe("the shortest way to it that is there with elimination on too"),
        callers: z
          .array(
            z.strictObject({
              function: place,
              how: z.enum(["calls", "looks up"]),
              method: z.string(),
              chain: z.array(step),
            }),
          )
          .describe("for methods of package reflect: who makes them callable"),
        broughtBy: z
          .strictObject({ importer: z.string(), package: z.string(), module: z.string(), version: z.string() })
          .nullable()
          .describe("the import in the program's own code that leads to it; null: it is the program's own"),
        gain: z.strictObject({
          alone: bytes.describe("leave when it alone is cured (estimate)"),
          inOrder: bytes.describe("leave when it and all in front of it are cured (estimate)"),
        }),
        cures,
      }),
    ),
    followers: z.array(place).describe("functions with such reflection that live only because elimination is off"),
    gain: bytes.describe("leave when all are cured: elimination run again without them (estimate)"),
    boxed: z
      .array(
        z.strictObject({
          type: z.string(),
          package: z.string(),
          module: z.string(),
          version: z.string(),
          methods: count.describe("that stay, of the type and its pointer type, by name"),
          uncalled: count.describe("of these, called by no interface and looked up by nobody"),
          bytes: bytes.describe("leave when no method stays for an interface (estimate)"),
          converted: z
            .strictObject({
              function: place,
              position: position.exactOptional(),
              type: z.string(),
              through: z.array(z.string()),
            })
            .nullable()
            .describe("a conversion that puts it into an interface, by itself or inside of another type"),
          sample: z.array(z.string()).describe("Go: functions to convert instead"),
          cures,
        }),
      )
      .describe("types that keep methods because they are in interfaces, largest first"),
    measured: z
      .union([
        z.strictObject({
          size: bytes,
          gain: z.int().describe("bytes less than the file as it is"),
          elimination: z.enum(["on", "off"]),
          refused: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
        }),
        z.strictObject({ reason: z.string(), detail: z.string() }),
      ])
      .nullable()
      .describe(
        "with --measure: another build, with only the reflective calls of all blockers gone, or why there is none",
      ),
    warnings: z.array(z.string()),
  })
  .describe("What turns the linker's dead-code elimination of methods off, and what keeps methods");

const SCHEMAS = {
  why: whySchema,
  "why-chain": whyChainSchema,
  "why-file": whyFileSchema,
  imports: importsSchema,
  deps: depsSchema,
  dce: dceSchema,
} as const;
export type ExplainedName = keyof typeof SCHEMAS;

/** JSON Schema (2020-12) of a document. Readers must ignore members that they do not know: later versions may add some. */
export function explainJsonSchema(document: ExplainedName): Record<string, unknown> {
  return z.toJSONSchema(SCHEMAS[document], { io: "input" });
}
