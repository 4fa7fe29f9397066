// pare lab --write: the chosen variant goes into pare.yaml.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { relative } from "node:path";
import { withChosen } from "../config/choose.ts";
import { newProjectFile, projectFile } from "../config/discover.ts";
import { readConfig } from "../config/read.ts";
import { type Chosen, projectSchema } from "../config/schema.ts";
import { visible } from "../report/escape.ts";
import { write } from "./output.ts";

/** Writes it, and says so. */
export async function writeChosen(chosen: Chosen, cwd: string, quiet: boolean): Promise<void> {
  const file = projectFile(cwd) ?? newProjectFile(cwd);
  const exists = existsSync(file);
  // a link stays a link: what it leads to is written
  const target = exists ? realpathSync(file) : file;
  const next = withChosen(exists ? readFileSync(target, "utf8") : "", chosen);
  const name = relative(cwd, file) || file;
  // what could not be read again is not written
  readConfig(name, next, projectSchema);
  await write(target, next);
  if (!quiet) process.stderr.write(`wrote ${visible(name)}: ${visible(chosen.variant)}\n`);
}
