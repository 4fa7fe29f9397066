// The zod schema of the audit's document. Imported only to print or test it.
import { z } from "zod";
import { AUDIT_SCHEMA } from "./document.ts";
import { SEVERITIES } from "./finding.ts";

const offset = z.int().nonnegative();
const place = z.int().positive();

export const findingSchema = z.object({
  code: z.string().describe("pare explain CODE prints its page"),
  slug: z.string(),
  severity: z.enum(SEVERITIES),
  file: z.string().describe('relative to the directory of the audit, "/" between elements'),
  line: place,
  column: place.describe("in UTF-16 units"),
  endLine: place,
  endColumn: place.describe("exclusive"),
  message: z.string(),
  why: z.string(),
  cost: z
    .object({ bytes: z.int(), basis: z.enum(["measured", "estimate"]), how: z.string() })
    .exactOptional()
    .describe("what it costs this program"),
  time: z
    .object({ seconds: z.number().positive(), basis: z.enum(["measured", "estimate"]), how: z.string() })
    .exactOptional()
    .describe("what it costs each run or build"),
  fix: z
    .array(z.object({ file: z.string(), start: offset, end: offset, text: z.string() }))
    .exactOptional()
    .describe("what --fix writes: text for UTF-16 units [start, end) of a file"),
});

export const auditSchema = z
  .object({
    schema: z.literal(AUDIT_SCHEMA),
    files: z.array(z.string()).describe("build files that were read"),
    program: z
      .object({ name: z.string(), target: z.string(), bytes: z.int().positive() })
      .nullable()
      .describe("the program that was built; null: none"),
    findings: z.array(findingSchema).describe("by file, line, column and code"),
    warnings: z.array(z.string()),
  })
  .describe("Findings in build files and in the program");

/** JSON Schema (2020-12). */
export function auditJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(auditSchema, { io: "input" });
}
