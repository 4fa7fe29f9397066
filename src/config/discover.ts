// Which files of settings are in force in a directory.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

export const FILE_NAME = "pare.yaml";

/**
 * The project's pare.yaml: the nearest one from a directory up to the root of its repository (.git), or without one to that of its
 * module (go.mod). Undefined if there is none.
 */
export function projectFile(cwd: string): string | undefined {
  const directories: string[] = [];
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    directories.push(dir);
    if (dir === dirname(dir)) break;
  }
  let last = directories.findIndex((dir) => existsSync(join(dir, ".git")));
  if (last < 0) last = directories.findIndex((dir) => existsSync(join(dir, "go.mod")));
  // neither: what lies above belongs to somebody else
  return directories
    .slice(0, Math.max(0, last) + 1)
    .map((dir) => join(dir, FILE_NAME))
    .find((file) => existsSync(file));
}

/** Where a project's pare.yaml is put if there is none: beside the go.mod, or in the directory itself. */
export function newProjectFile(cwd: string): string {
  for (let dir = resolve(cwd); dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(join(dir, "go.mod"))) return join(dir, FILE_NAME);
  }
  return join(resolve(cwd), FILE_NAME);
}

/** The user's own settings (XDG base directory specification: a relative XDG_CONFIG_HOME counts as unset); undefined if there are none. */
export function userFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const set = env["XDG_CONFIG_HOME"];
  const home = set !== undefined && isAbsolute(set) ? set : join(env["HOME"] ?? homedir(), ".config");
  const file = join(home, "pare", "config.yaml");
  return existsSync(file) ? file : undefined;
}
