// Reads pare's own knowledge files: knowledge/ in a checkout, beside the chunks in the published package.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseKnowledge } from "../advice/parse.ts";
import { type FileName, type Knowledge, SCHEMAS } from "../advice/schema.ts";

function directory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const published = join(here, "knowledge");
  return existsSync(published) ? published : join(here, "../../knowledge");
}

/** All files. They are pare's own and checked by its tests: a problem in one is a bug, thrown with its place. */
export function loadKnowledge(from: string = directory()): Knowledge {
  const files = Object.keys(SCHEMAS).map((name) => {
    const file = join(from, `${name}.yaml`);
    const parsed = parseKnowledge(name as FileName, readFileSync(file, "utf8"));
    if ("entries" in parsed) return [name, parsed.entries];
    const { line, column, message } = parsed.problems[0];
    throw new Error(`${file}:${line}:${column}: ${message}`);
  });
  return Object.fromEntries(files) as Knowledge;
}
