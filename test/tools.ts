// Where the programs are that scripts/setup.sh put into a directory of the user's cache, because Debian does not have them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const TOOLS = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "pare-test-tools");

function find(name: string, inTools: string): string | undefined {
  const own = path.join(TOOLS, inTools);
  if (existsSync(own)) return own;
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** S3 in a process, of the Python package moto; undefined if there is none. */
export const MOTO = find("moto_server", "moto-5.2.1/bin/moto_server");
/** The packager of Linux packages; undefined if there is none. */
export const NFPM = find("nfpm", "nfpm-v2.45.0/nfpm");
