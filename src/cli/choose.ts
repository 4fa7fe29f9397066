// pare lab --write: the chosen variant, or with --tags one more variant, goes into pare.yaml.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { relative } from "node:path";
import { withChosen, withVariant } from "../config/choose.ts";
import { newProjectFile, projectFile } from "../config/discover.ts";
import { readConfig } from "../config/read.ts";
import { type Chosen, type ConfigVariant, projectSchema } from "../config/schema.ts";
import { visible } from "../report/escape.ts";
import { write } from "./output.ts";

/** Writes it as the chosen one, and says so. */
export function writeChosen(chosen: Chosen, cwd: string, quiet: boolean): Promise<void> {
  return writeWith((text) => withChosen(text, chosen), chosen.variant, cwd, quiet);
}

/** Writes it as one more variant of the lab, and says so. */
export function writeVariant(name: string, variant: ConfigVariant, cwd: string, quiet: boolean): Promise<void> {
  return writeWith((text) => withVariant(text, name, variant), name, cwd, quiet);
}

async function writeWith(change: (text: string) => string, what: string, cwd: string, quiet: boolean): Promise<void> {
  const file = projectFile(cwd) ?? newProjectFile(cwd);
  const exists = existsSync(file);
  // a link stays a link: what it leads to is written
  const target = exists ? realpathSync(file) : file;
  const next = change(exists ? readFileSync(target, "utf8") : "");
  const name = relative(cwd, file) || file;
  // what could not be read again is not written
  readConfig(name, next, projectSchema);
  await write(target, next);
  if (!quiet) process.stderr.write(`wrote ${visible(name)}: ${visible(what)}\n`);
}
