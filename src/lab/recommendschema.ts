// What the lab recommends, and what benchmarks say, as parts of its document. Imported only to print, test or read it.
import { z } from "zod";
import { SCENARIOS } from "../advice/scenarios.ts";
import { MEASURED } from "../advice/schema.ts";

const measure = z.enum(MEASURED);

const differences = z
  .array(
    z.strictObject({
      measure,
      delta: z.number().describe("bytes; milliseconds of start, seconds of build"),
      percent: z.number().describe("of what it is compared with"),
    }),
  )
  .describe("what differs by no more than its noise is left out");

export const recommendationSchema = z
  .strictObject({
    scenario: z.enum(SCENARIOS),
    title: z.string(),
    winner: z
      .strictObject({
        variant: z.string(),
        command: z.string(),
        costs: z.array(z.string()),
        differences: differences.describe("beside the user's own build"),
      })
      .nullable()
      .describe("null: no variant holds to the rules, or nothing that decides was measured"),
    decidedBy: z.array(z.strictObject({ measure, weight: z.number() })),
    missing: z.array(z.strictObject({ measure, get: z.string().describe("how one has it measured") })),
    rejected: z.array(
      z.strictObject({
        variant: z.string(),
        by: z.enum(["rule", "objective", "failed", "unmeasured"]),
        reason: z.string(),
        differences: differences.describe("beside the winner"),
      }),
    ),
  })
  .describe("which variant to take for what, by what was measured");

const speed = z.enum(["faster", "slower", "no difference"]);

export const benchmarkSchema = z
  .strictObject({
    variant: z.string(),
    base: z.string(),
    says: z.enum(["faster", "slower", "mixed", "no difference"]),
    ratio: z.number().describe("geometric mean of the medians' ratios, variant to base"),
    rows: z.array(
      z.strictObject({
        name: z.string(),
        base: z.number().describe("median, nanoseconds per operation"),
        variant: z.number(),
        p: z.number().describe("two-sided Mann-Whitney U test"),
        effect: z.number().describe("Cliff's delta, negative if the variant's values are smaller"),
        runs: z.tuple([z.int(), z.int()]),
        says: speed.describe("at 0.05 divided by the number of benchmarks"),
      }),
    ),
  })
  .describe("benchmarks of a variant beside those of another, run in turn");
