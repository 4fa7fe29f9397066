// The text of a pare.yaml → its values with their places, or everything that is wrong with it.
import { isMap, LineCounter, type Node, type Pair, parseDocument, Scalar } from "yaml";
import { z } from "zod";
import { nearest } from "../ledger/nearest.ts";
import { ConfigError, type Place } from "./failure.ts";
import type { Config } from "./schema.ts";

export interface ConfigFile {
  readonly config: Config;
  /** Where a value stands; undefined if it does not. */
  place(path: readonly (string | number)[]): Place | undefined;
}

/** Settings are written by hand; what is larger is something else. */
const MAX_TEXT = 1 << 20;

/** Reads a file's text. `file` is its name in messages. Throws ConfigError. */
export function readConfig(file: string, text: string, schema: z.ZodType<Config>): ConfigFile {
  const refuse = (message: string): never => {
    throw new ConfigError([{ file, message }]);
  };
  if (text.length > MAX_TEXT) refuse("larger than 1 MiB");
  const lines = new LineCounter();
  let document: ReturnType<typeof parseDocument>;
  let value: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines });
    const broken = [...document.errors, ...document.warnings];
    if (broken.length > 0) {
      throw new ConfigError(
        broken.map((e) => ({
          ...placed(file, lines, e.pos[0]),
          message: e.message.split("\n")[0].replace(/ at line .*/, ""),
        })),
      );
    }
    // an empty file sets nothing
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // too deep for the parser, or aliases that multiply
    return refuse(error instanceof RangeError ? "nested too deeply" : (error as Error).message);
  }
  const offsetOf = (path: readonly PropertyKey[]): number | undefined => keyOffset(document.contents, path);
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return {
      config: parsed.data,
      place(path) {
        const offset = offsetOf(path);
        return offset === undefined ? undefined : placed(file, lines, offset);
      },
    };
  }
  const problems = parsed.error.issues.flatMap((issue) =>
    told(issue, schema).map(({ path, message }) => {
      // what is missing has no place of its own: that of what it is missing from
      let depth = path.length;
      while (depth > 0 && offsetOf(path.slice(0, depth)) === undefined) depth--;
      return { ...placed(file, lines, offsetOf(path.slice(0, depth)) ?? 0), message };
    }),
  );
  throw new ConfigError(problems.sort((a, b) => a.line - b.line || a.column - b.column));
}

function placed(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

/** Offset of a key in a map, or of an item in a list. */
function keyOffset(root: Node | null, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(scalar(item.key)) === String(step)) as Pair<Node, Node> | undefined;
      if (pair === undefined) return undefined;
      offset = pair.key.range?.[0];
      node = pair.value;
    } else {
      const item = (node as { items?: Node[] } | null)?.items?.[Number(step)];
      if (item === undefined) return undefined;
      offset = item.range?.[0];
      node = item;
    }
  }
  return offset;
}

function scalar(node: unknown): unknown {
  return node instanceof Scalar ? node.value : node;
}

/** What is wrong, in words that name the key, each with the path of its place. */
function told(issue: z.core.$ZodIssue, schema: z.ZodType): { path: PropertyKey[]; message: string }[] {
  const name = issue.path.map(String).join(".");
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const hint = meant === undefined ? `known: ${known.join(", ")}` : `Did you mean ${meant}?`;
        return { path: [...issue.path, key], message: `unknown key ${JSON.stringify(key)} (${hint})` };
      });
    }
    case "invalid_type":
      return [
        {
          path: issue.path,
          message: `${name === "" ? "the file" : name}: a ${TYPES[issue.expected] ?? issue.expected} is needed`,
        },
      ];
    case "invalid_value":
      return [{ path: issue.path, message: `${name}: write one of ${issue.values.map(String).join(", ")}` }];
    case "invalid_key":
      return [
        { path: issue.path, message: `${JSON.stringify(String(issue.path.at(-1)))}: ${issue.issues[0].message}` },
      ];
    case "invalid_union":
      return [{ path: issue.path, message: `${name}: a word or a whole number is needed` }];
    default:
      return [{ path: issue.path, message: `${name}: ${issue.message}` }];
  }
}

const TYPES: Record<string, string> = { object: "map", record: "map", array: "list", string: "word" };

/** The keys that a map of the schema may have. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  interface Shape {
    readonly properties?: Readonly<Record<string, Shape>>;
    readonly additionalProperties?: Shape | boolean;
  }
  let shape = z.toJSONSchema(schema, { io: "input" }) as Shape;
  for (const step of path) {
    const { additionalProperties: others } = shape;
    shape = shape.properties?.[String(step)] ?? (typeof others === "object" ? others : {});
  }
  return Object.keys(shape.properties ?? {});
}
