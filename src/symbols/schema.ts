// The JSON documents of `pare symbols`.
import { z } from "zod";

const id = z.object({ kind: z.enum(["gnu", "uuid", "go", "functions"]), hex: z.string() });

const entry = z.object({
  id: z.string(),
  ids: z.array(id),
  name: z.string(),
  path: z.string(),
  target: z.string(),
  goVersion: z.string(),
  parts: z.array(z.enum(["debuginfo", "executable"])),
  stored: z.number().int().describe("bytes on disk"),
  used: z.string().describe("when it was added or last used, UTC"),
});

const symbolsSchema = z.object({
  schema: z.literal("pare.symbols/1"),
  store: z.string(),
  entries: z.array(entry),
  removed: z.array(entry).optional().describe("of gc: what went, or would go with --dry-run"),
});

const frame = z.object({
  function: z.string(),
  file: z.string().describe('"" if unknown'),
  line: z.number().int().describe("0 if unknown"),
  inlined: z.boolean().describe("whether the code stands in the next frame's function"),
});

const resolvedSchema = z.object({
  schema: z.literal("pare.resolved/1"),
  kind: z.enum(["addresses", "trace", "profile"]),
  resolved: z.array(
    z.object({
      address: z.string().describe("virtual address in the file, hexadecimal"),
      line: z.number().int().optional().describe("line of the trace"),
      frames: z.array(frame).describe("innermost first; empty if nothing is known"),
    }),
  ),
});

export type SymbolsDocument = z.infer<typeof symbolsSchema>;
export type ResolvedDocument = z.infer<typeof resolvedSchema>;

const SCHEMAS = { symbols: symbolsSchema, resolved: resolvedSchema };

/** JSON Schema of one of the documents. */
export function symbolsJsonSchema(name: keyof typeof SCHEMAS): Record<string, unknown> {
  return z.toJSONSchema(SCHEMAS[name]);
}
