// The schema of bare pare's answer, for `pare schema` and tests. Overview (overview.ts) is the same as types.
import { z } from "zod";
import { findingSchema } from "../advice/audit/schema.ts";
import { snapshotSchema } from "../ledger/schema.ts";

const bytes = z.int().describe("bytes");
const evidence = z.enum(["measured", "estimate"]);

const best = z.object({
  bytes: bytes.nonnegative(),
  evidence,
  how: z.string(),
  command: z.string().describe("builds it, after the changes of source if it needs any"),
  includes: z.array(z.string()).describe("titles of the actions that are in it"),
});

export const overviewSchema = z
  .object({
    schema: z.literal("pare.overview/2"),
    subject: z.string(),
    builds: z
      .array(
        z.object({
          change: z.string().describe("what this build adds to the one before it; the first is the build as it is"),
          price: z.string().describe("what one gives up for it"),
          bytes: bytes.nonnegative(),
        }),
      )
      .min(1)
      .describe("each was built and measured"),
    actions: z
      .array(
        z.object({
          kind: z.enum(["flags", "tag", "cure", "dependency"]),
          title: z.string(),
          steps: z.array(z.string()),
          bytes,
          evidence,
          how: z.string(),
          costs: z.string().describe("what one gives up"),
          source: z.boolean().describe("whether source files or go.mod have to change"),
          more: z.string().describe("a command that tells more"),
        }),
      )
      .describe("worth most first; savings may overlap"),
    best: z.object({ withoutSource: best, withSource: best.nullable() }),
    findings: z.array(findingSchema).describe("what an audit says of the module's build files, see pare.audit"),
    leftOut: z
      .array(z.object({ what: z.string(), why: z.string(), command: z.string().describe("how one gets it") }))
      .describe("what the time budget, or a missing tool, left out"),
    release: snapshotSchema.describe("what the best build without changes of source is made of"),
  })
  .describe("A package built as it is and as it should be shipped, and what else is worth doing");

/** JSON Schema (2020-12) of the document. */
export function overviewJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(overviewSchema, { io: "input" });
}
