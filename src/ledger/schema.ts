// The zod schemas of pare's documents. Imported only to print, test or read them: writing a document does not pay for zod.
import { z } from "zod";
import { DIFF_SCHEMA } from "./diff.ts";
import { EVIDENCE, KINDS } from "./ledger.ts";
import { ROLES } from "./modules.ts";
import { SNAPSHOT_SCHEMA } from "./snapshot.ts";
import { VIEW_SCHEMA } from "./views.ts";
import { VIEWS } from "./words.ts";

const bytes = z.int().nonnegative();
const kind = z.enum(KINDS);

/** A record with exactly these keys. */
function keyed<K extends string, V extends z.ZodType>(keys: readonly K[], value: V): z.ZodObject<{ [P in K]: V }> {
  return z.object(Object.fromEntries(keys.map((key) => [key, value])) as { [P in K]: V });
}

const kindBytes = z.partialRecord(kind, bytes).describe("bytes by kind; a kind that is absent has none");

const symbol = z.object({
  name: z.string().describe('linker name; "" collects what the package owns without a name'),
  letter: z.enum(["T", "D", "R", "?"]).describe("as in go tool nm: T text, D data, R read-only, ? not in memory"),
  bytes,
  kinds: kindBytes,
});

const packageRow = z.object({
  path: z.string().describe('import path; "main" is the program\'s own package'),
  bytes,
  kinds: kindBytes,
  symbols: z.array(symbol).exactOptional().describe("with --symbols; sums to the package's bytes"),
});

const moduleRow = z.object({
  path: z.string().describe('module path; "std" is the standard library, "C" is code that Go did not compile'),
  version: z.string(),
  role: z.enum(ROLES),
  replace: z.object({ path: z.string(), version: z.string() }).exactOptional(),
  bytes,
  packages: z.array(packageRow).describe("sums to the module's bytes"),
});

const file = z.object({
  name: z.string(),
  size: bytes,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  format: z.string().describe("elf, macho, pe, wasm, fat or archive"),
  type: z.enum(["exe", "shared", "object", "archive"]),
  os: z.string(),
  arch: z.string(),
  goVersion: z.string().describe('"" if the file does not tell'),
  language: z.enum(["go", "tinygo", "other"]),
  stripped: z.boolean().describe("no symbol table that names Go functions"),
  dwarf: z.boolean(),
  pie: z.boolean(),
  dynamic: z.boolean().describe("asks for a dynamic linker"),
  cgo: z.boolean().describe("links runtime/cgo or other C code"),
  trimpath: z.boolean().nullable().describe("null if the build information does not tell"),
  garbled: z.boolean(),
  methodElimination: z
    .enum(["on", "off"])
    .nullable()
    .exactOptional()
    .describe(
      "whether the linker dropped methods that nobody calls; exact with testimony of the link probe, else inferred",
    ),
  packed: z.string().nullable().describe("the packer that the file was, or is, packed with"),
  buildId: z.string().nullable(),
  main: z.object({ package: z.string(), module: z.string(), version: z.string() }).nullable(),
  vcs: z.object({ system: z.string(), revision: z.string(), time: z.string(), modified: z.boolean() }).nullable(),
  settings: z
    .array(z.object({ key: z.string(), value: z.string() }))
    .describe("build settings in the order of the file"),
});

export const snapshotSchema = z
  .object({
    schema: z.literal(SNAPSHOT_SCHEMA),
    file,
    kinds: keyed(KINDS, bytes).describe("bytes of the whole file by kind; sums to file.size"),
    modules: z.array(moduleRow).describe("largest first; with overhead, sums to file.size"),
    overhead: z.array(z.object({ name: z.string(), kind, bytes })).describe("bytes of the format itself, by name"),
    embeds: z
      .array(z.object({ name: z.string(), bytes, package: z.string(), usedBy: z.array(z.string()) }))
      .describe("embedded files; their bytes are in the packages' too"),
    evidence: keyed(EVIDENCE, bytes).describe("bytes by how sure the owner is; sums to file.size"),
    testimony: z.enum(["link probe", "symbols", "references", "none"]).describe("what named the owners"),
    memory: z
      .object({ bytes, packages: z.array(z.object({ path: z.string(), bytes })) })
      .exactOptional()
      .describe("with --memory: zero-filled variables, which take no byte of the file"),
    inlined: z
      .array(z.object({ owner: z.string(), origin: z.string(), bytes }))
      .exactOptional()
      .describe("with --inlined: bytes of code by the package that owns them and the one whose function was inlined"),
    warnings: z.array(z.string()),
  })
  .describe("What every byte of an executable is, and whose");

export const viewSchema = z
  .object({
    schema: z.literal(VIEW_SCHEMA),
    file: file.pick({ name: true, size: true, sha256: true }),
    by: z.enum(VIEWS),
    focus: z.string().exactOptional(),
    bytes: bytes.describe("bytes of all rows, also of those that --top cut off"),
    rows: z.array(
      z.object({
        name: z.string(),
        bytes,
        kinds: kindBytes,
        module: z.string().exactOptional(),
        version: z.string().exactOptional(),
        role: z.enum(ROLES).exactOptional(),
        package: z.string().exactOptional(),
        letter: z.enum(["T", "D", "R", "B", "?"]).exactOptional().describe("as in go tool nm"),
        usedBy: z.array(z.string()).exactOptional(),
        memory: bytes.exactOptional().describe("zero-filled variables: bytes in memory that the file does not hold"),
        inlined: bytes.exactOptional().describe("bytes of code whose source is here, wherever they were inlined to"),
        overhead: z.boolean().exactOptional().describe("belongs to the format, not to a package"),
      }),
    ),
    rest: z.object({ rows: z.int().nonnegative(), bytes }),
  })
  .describe("One table: pare profile --json --by …");

const signed = z.int();
const delta = { old: bytes, new: bytes, delta: signed.describe("new - old") };
const changeKind = z.enum(["added", "removed", "changed"]);

const side = file
  .pick({ name: true, size: true, sha256: true, format: true, os: true, arch: true, goVersion: true })
  .extend({ commit: z.string().exactOptional().describe("the git commit that was built") });

const edgeEnd = z.object({ symbol: z.string(), package: z.string() });
const edge = { from: edgeEnd, to: edgeEnd };

const because = z.object({
  package: z.string(),
  ...edge,
  change: z.enum(["new", "grown"]).describe("whether `to` is new, or was there and is larger now"),
  entrance: z
    .object(edge)
    .exactOptional()
    .describe("where the way from main.main to `to` first enters a new package, or else a new symbol of another one"),
});

export const diffSchema = z
  .object({
    schema: z.literal(DIFF_SCHEMA),
    ...delta,
    oldFile: side,
    newFile: side,
    build: z
      .object({ package: z.string(), flags: z.array(z.string()) })
      .exactOptional()
      .describe("the package, and the flags of go build, where revisions were built for the comparison"),
    kinds: keyed(KINDS, z.object(delta)).describe("the deltas sum to delta"),
    modules: z
      .array(
        z.object({
          path: z.string(),
          oldPath: z.string().exactOptional().describe("its old path, if another: mostly the major version"),
          role: z.enum(ROLES),
          oldVersion: z.string(),
          newVersion: z.string(),
          change: changeKind,
          ...delta,
          packages: z.array(
            z.object({
              path: z.string(),
              oldPath: z.string().exactOptional().describe("its old path, if it has moved"),
              change: changeKind,
              ...delta,
              kinds: z.partialRecord(kind, signed).describe("deltas by kind"),
              symbols: z
                .array(
                  z.object({
                    name: z.string(),
                    oldName: z
                      .string()
                      .exactOptional()
                      .describe("its old name, if another: numbered anew by the compiler, or renamed"),
                    letter: symbol.shape.letter,
                    change: changeKind,
                    ...delta,
                  }),
                )
                .exactOptional()
                .describe("if both sides have symbols; those of equal size that kept their name are left out"),
            }),
          ),
        }),
      )
      .describe("what is equal is left out; with overhead, the deltas sum to delta"),
    overhead: z.array(z.object({ name: z.string(), kind, ...delta })),
    because: z
      .array(because)
      .exactOptional()
      .describe("why packages grew by more than 10 kB, by the linker's own references"),
    warnings: z.array(z.string()),
  })
  .describe("What changed between two executables, exactly");

const SCHEMAS = { snapshot: snapshotSchema, view: viewSchema, diff: diffSchema };
export type DocumentName = keyof typeof SCHEMAS;

/** JSON Schema (2020-12) of a document. Readers must ignore members that they do not know: later versions may add some. */
export function jsonSchema(document: DocumentName): Record<string, unknown> {
  return z.toJSONSchema(SCHEMAS[document], { io: "input" });
}
