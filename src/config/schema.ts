// The shape of pare.yaml. It is data: nothing of it ever reaches a shell, and no path in it leads out of the project.
import { z } from "zod";
import { SCENARIOS } from "../advice/scenarios.ts";
import { releaseSchema } from "./release.ts";
import { env, flags, staysInside, tags, word } from "./words.ts";

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, "no name of a variant: letters, digits, and . _ + - between them");

const variant = z
  .strictObject({
    from: word
      .exactOptional()
      .describe("the variant that this one adds to, as pare lab calls it; without it, a plain go build"),
    flags: flags.exactOptional(),
    env: env.exactOptional(),
    tags: tags.exactOptional(),
    describe: word.exactOptional().describe("what it costs, in a few words"),
  })
  .describe("one more way to build the program");

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const READY = /^(?:auto|exit|port:(?:\d{1,5}|\{port\})|output:.+)$/;

/** Settings that the environment can hold too. */
export const textSchema = z.strictObject({
  package: word
    .min(1)
    .refine((path) => !path.startsWith("-"), "a package, no flag")
    .exactOptional(),
  scenario: z
    .enum(SCENARIOS, `write one of ${SCENARIOS.join(", ")}`)
    .exactOptional()
    .describe("what the program is shipped for"),
  ready: word
    .regex(READY, "write auto, exit, output:REGEX, port:NUMBER or port:{port}")
    .exactOptional()
    .describe(
      "when it has started: it exited, printed what matches, or this TCP port of 127.0.0.1 accepts; auto: found out",
    ),
  timeout: word.regex(DURATION, "write 500ms, 10s or 2m").exactOptional().describe("for one start"),
});

const lab = textSchema.omit({ package: true }).extend({
  run: z.array(word).exactOptional().describe("arguments to start the program with"),
  variants: z.record(name, variant).exactOptional(),
});

const chosen = z
  .strictObject({
    variant: word.min(1).describe("as pare lab calls it"),
    scenario: z.enum(SCENARIOS).exactOptional().describe("for which it was recommended"),
    tool: z.enum(["go", "tinygo"]).exactOptional().describe("whose build it is; go if absent"),
    flags: flags.exactOptional(),
    env: env.exactOptional(),
    pack: z
      .strictObject({ tool: z.enum(["upx", "wasm-opt"]), args: z.array(word) })
      .exactOptional()
      .describe("what then changes the file"),
  })
  .describe("how to build the program to ship: pare lab --write puts it here");

const packagePath = textSchema.shape.package.unwrap().refine(staysInside, "the path leads out of the project");

/** pare.yaml of a project. */
export const projectSchema = z
  .strictObject({
    package: packagePath
      .exactOptional()
      .describe("the program: a directory below that of this file, or an import path"),
    lab: lab.exactOptional(),
    release: releaseSchema.exactOptional(),
    chosen: chosen.exactOptional(),
  })
  .describe("pare.yaml: what pare knows about a project");

/** What a user's own config.yaml may hold: nothing that belongs to one project. */
export const userSchema = z.strictObject({ lab: lab.exactOptional() });

export type Config = z.infer<typeof projectSchema>;
export type Chosen = z.infer<typeof chosen>;
export type ConfigVariant = z.infer<typeof variant>;

/** "10s" → milliseconds; undefined for what is no duration. */
export function milliseconds(duration: string): number | undefined {
  const [, number, unit] = DURATION.exec(duration) ?? [];
  return number === undefined ? undefined : Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as "ms" | "s" | "m"];
}

/** JSON Schema (2020-12) of pare.yaml, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(projectSchema, { io: "input" });
}

const origin = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["flag", "environment"]), name: z.string() }),
  z.strictObject({ kind: z.enum(["project", "user"]), file: z.string(), line: z.int(), column: z.int() }),
  z.strictObject({ kind: z.literal("default") }),
]);

/** What `pare config --json` prints. */
export const settingsSchema = z
  .strictObject({
    schema: z.literal("pare.settings/1"),
    files: z.array(z.string()).describe("that were read"),
    settings: z.array(
      z.strictObject({ name: z.string(), value: z.json().describe("null: not set, and there is no default"), origin }),
    ),
  })
  .describe("The settings in force, and where each comes from");

/** JSON Schema (2020-12) of it. */
export function settingsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(settingsSchema, { io: "input" });
}
