// Reads pare's own knowledge files: knowledge/ in a checkout, beside the chunks in the published package.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { FileName, Knowledge } from "../advice/schema.ts";

/** Where the knowledge files lie. */
export function knowledgeDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const published = join(here, "knowledge");
  return existsSync(published) ? published : join(here, "../../knowledge");
}

/** The entries of one file. They are pare's own: tests hold them to their schema, reading them trusts it. */
export function loadKnowledge<K extends FileName>(name: K): Knowledge[K] {
  return parse(readFileSync(join(knowledgeDirectory(), `${name}.yaml`), "utf8")) as Knowledge[K];
}
