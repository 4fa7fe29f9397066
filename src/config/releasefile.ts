// The part of a project's pare.yaml that a release is made of, with the places of its values.
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { projectFile } from "./discover.ts";
import { ConfigError, type Place } from "./failure.ts";
import { readConfig } from "./read.ts";
import type { ReleaseConfig } from "./release.ts";
import { type Chosen, projectSchema } from "./schema.ts";

export interface ReleaseFile {
  readonly release: ReleaseConfig;
  /** How the program is shipped, if that was chosen. */
  readonly chosen: Chosen | undefined;
  /** Directory that its paths are taken from; undefined without a file. */
  readonly root: string | undefined;
  /** What is wrong with values, by their paths; the nearest that has a place is named. */
  refuse(problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[]): ConfigError;
}

/** The nearest pare.yaml; without one, nothing is set. Throws ConfigError. */
export function loadReleaseFile(cwd: string): ReleaseFile {
  const path = projectFile(cwd);
  if (path === undefined) {
    const refuse: ReleaseFile["refuse"] = (problems) =>
      new ConfigError(problems.map(({ message }) => ({ file: "release", message })));
    return { release: {}, chosen: undefined, root: undefined, refuse };
  }
  const inside = relative(cwd, path);
  const name = inside.startsWith("..") ? path : inside;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([{ file: name, message: `cannot be read (${(error as NodeJS.ErrnoException).code})` }]);
  }
  const file = readConfig(name, text, projectSchema);
  const placed = (path: readonly (string | number)[]): Place | undefined => {
    for (let depth = path.length; depth > 0; depth--) {
      const place = file.place(path.slice(0, depth));
      if (place !== undefined) return place;
    }
    return undefined;
  };
  return {
    release: file.config.release ?? {},
    chosen: file.config.chosen,
    root: dirname(path),
    refuse: (problems) =>
      new ConfigError(problems.map(({ path: at, message }) => ({ file: name, ...placed(at), message }))),
  };
}
