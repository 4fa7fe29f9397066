// The document of tag discovery: pare.tags/1. Imported only to print, test or read it.
import { z } from "zod";
import { TAGS_SCHEMA } from "./tags.ts";

const bytes = z.int().nonnegative();
const names = z.array(z.string());
const set = z.strictObject({ set: names, drop: names.describe("of the user's own") });

const verdict = z.discriminatedUnion("is", [
  z.strictObject({ is: z.enum(["saves", "costs"]), bytes: z.int().positive() }),
  z
    .strictObject({ is: z.literal("no effect"), by: z.enum(["files", "bytes"]), text: z.string() })
    .describe("files: not one comes or goes, nothing was built. bytes: the same program comes out, or one as large"),
  z.strictObject({ is: z.literal("does not build"), line: z.string().describe("the first that the compiler said") }),
  z.strictObject({
    is: z.literal("breaks tests"),
    bytes: z.int().describe("that it would save; negative: cost"),
    line: z.string(),
  }),
  z.strictObject({ is: z.literal("not measured"), reason: z.string() }),
]);

export const tagsSchema = z
  .strictObject({
    schema: z.literal(TAGS_SCHEMA),
    subject: z.string(),
    base: bytes.describe("the program without any change of tags"),
    command: z.string().describe("builds that program"),
    rows: z.array(
      z.strictObject({
        tag: z.string(),
        change: z.enum(["set", "drop"]).describe("drop: the flags set it already"),
        verdict,
        size: bytes.nullable().describe("of the program, where it was built"),
        command: z.string().describe("builds it so"),
        removes: z.string().describe("what is known to go"),
        costs: z.string().describe("what one is known to give up"),
        knowledge: z.string().nullable().describe("the entry of the knowledge that says so"),
        readers: z.array(
          z.strictObject({
            package: z.string(),
            module: z.string(),
            file: z.string(),
            effect: z.enum(["added", "removed", "foreign", "none"]),
          }),
        ),
      }),
    ),
    failing: names.describe("packages whose tests fail without any change of tags: they say nothing of tags"),
    best: z
      .strictObject({
        tags: set,
        size: bytes,
        saves: z.int().describe("bytes less than base: measured, one build"),
        sum: z.int().describe("single savings added up: what one might have expected"),
        beside: z
          .array(z.strictObject({ tag: z.string(), bytes: bytes }))
          .describe("those that work only beside the others, with what they save there"),
        without: z.array(z.strictObject({ tag: z.string(), reason: z.string() })),
        command: z.string(),
      })
      .nullable()
      .describe("null: no tag saves anything"),
  })
  .describe("Build tags that the packages of a program read, each built and measured");

export type TagsDocument = z.infer<typeof tagsSchema>;

/** JSON Schema (2020-12) of it. Readers must ignore members that they do not know: later versions may add some. */
export function tagsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(tagsSchema, { io: "input" });
}
