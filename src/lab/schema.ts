// The zod schema of what a lab found. Imported only to print, test or read it.
import { z } from "zod";
import { KINDS } from "../ledger/ledger.ts";
import { GROUPS, LAB_SCHEMA, MEASURES } from "./model.ts";
import { benchmarkSchema, recommendationSchema } from "./recommendschema.ts";

const bytes = z.int().nonnegative();
const seconds = z.number().nonnegative();

/** A value with how it was come by. */
function measured<T extends z.ZodType>(value: T): z.ZodObject<{ value: T; how: z.ZodString }> {
  return z.strictObject({ value, how: z.string().describe("how it was come by, for people") });
}

const target = z.strictObject({ GOOS: z.string(), GOARCH: z.string() });

const variant = z.strictObject({
  name: z.string().describe("unique in a lab"),
  group: z.enum(GROUPS),
  tool: z.enum(["go", "tinygo"]),
  flags: z.array(z.string()).describe("of the tool's build, the user's own in front"),
  env: z.record(z.string(), z.string()).describe("added to the environment"),
  from: z.string().nullable().describe("the variant that it differs from in one thing; null for the first"),
  tags: z.array(z.string()).exactOptional().describe("that it adds to the user's own"),
  pack: z
    .strictObject({ tool: z.enum(["upx", "wasm-opt"]), args: z.array(z.string()), of: z.string() })
    .exactOptional()
    .describe("what changes the file of another variant"),
  target: target.exactOptional().describe("if it is not the lab's"),
  price: z.string().describe('what it costs, in a few words; "" for nothing'),
  unsafe: z.string().exactOptional().describe("why it is never recommended"),
  refused: z.string().exactOptional().describe("why it is not built"),
  onRequest: z.string().exactOptional().describe("why it is built only if it is asked for"),
});

const outcome = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("built") }),
  z.strictObject({ state: z.literal("failed"), reason: z.string(), output: z.string() }),
  z.strictObject({ state: z.literal("refused"), reason: z.string() }),
  z.strictObject({ state: z.literal("absent"), tool: z.string(), get: z.string() }),
  z.strictObject({ state: z.literal("skipped"), reason: z.string() }),
]);

const resident = z.strictObject({
  privateBytes: bytes.describe("in pages that no other process maps"),
  sharedBytes: bytes.describe("in pages that other processes map too"),
});

const measures = z.strictObject({
  fileBytes: measured(bytes).exactOptional(),
  download: measured(
    z.strictObject({
      gzip: bytes.exactOptional(),
      zstd: bytes.exactOptional(),
      xz: bytes.exactOptional(),
      brotli: bytes.exactOptional(),
    }),
  ).exactOptional(),
  kinds: measured(z.partialRecord(z.enum(KINDS), bytes)).exactOptional(),
  build: measured(
    z.strictObject({
      coldSeconds: seconds.exactOptional(),
      warmSeconds: seconds.exactOptional(),
      linkSeconds: seconds.exactOptional(),
      peakRssBytes: bytes.exactOptional(),
    }),
  ).exactOptional(),
  start: measured(
    z.strictObject({
      medianMs: z.number().nonnegative(),
      spreadMs: z.number().nonnegative().describe("median absolute deviation"),
      runs: z.int().positive(),
      readiness: z.string(),
      allMs: z.array(z.number().nonnegative()).describe("in the order in which they were made"),
    }),
  ).exactOptional(),
  memory: measured(
    z.strictObject({
      one: resident.describe("one process alone"),
      two: resident.exactOptional().describe("mean of two processes of the same file at once"),
    }),
  ).exactOptional(),
  traits: z
    .strictObject({
      linking: measured(z.enum(["static", "dynamic"])).exactOptional(),
      interpreter: measured(z.string()).exactOptional(),
      libraries: measured(z.array(z.string())).exactOptional(),
      aslr: measured(z.boolean()).exactOptional(),
      panicTrace: measured(z.boolean()).exactOptional(),
      pprof: measured(z.boolean()).exactOptional(),
      debugInfo: measured(z.boolean()).exactOptional(),
      reproducible: measured(z.boolean()).exactOptional(),
      restores: measured(z.boolean()).exactOptional(),
    })
    .exactOptional(),
  alive: measured(z.boolean()).exactOptional(),
  tests: measured(z.boolean()).exactOptional(),
});

export const labSchema = z
  .strictObject({
    schema: z.literal(LAB_SCHEMA),
    subject: z.string().describe("import path of the program"),
    target: z.string().describe("GOOS/GOARCH"),
    goVersion: z.string(),
    machine: z.strictObject({ host: z.string(), cpu: z.string(), cores: z.int().positive(), memoryBytes: bytes }),
    asked: z
      .strictObject({ measure: z.enum(MEASURES), inTime: z.boolean() })
      .describe("what was to be measured, and whether it was before the time budget was spent"),
    rows: z.array(
      z.strictObject({
        variant,
        outcome,
        measures: measures.describe("what was not asked for, or cannot be measured here, is absent"),
        command: z.string().describe("makes it; ready to copy"),
        notes: z.array(z.string()),
      }),
    ),
    seconds: z.strictObject({ wall: seconds, tasks: seconds.describe("what the tasks took one by one") }),
    warnings: z.array(z.string()),
    benchmarks: z.array(benchmarkSchema).exactOptional().describe("with --bench"),
    recommendations: z.array(recommendationSchema).exactOptional().describe("one for each scenario"),
  })
  .describe("Every way to build a program, built and measured");

/** JSON Schema (2020-12) of the document. Readers must ignore members that they do not know: later versions may add some. */
export function labJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(labSchema, { io: "input" });
}
