// Plain JavaScript: this runs on whatever Node starts npm, before node_modules (and the project's own Node) exists.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function packagesOf(file) {
  if (!existsSync(file)) return {};
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}

/** Whether node_modules holds exactly what package-lock.json asks for. npm leaves the truth in its hidden lock file. */
export function installed(root = ROOT) {
  if (!existsSync(path.join(root, "node_modules/.bin/node"))) return false;
  const wanted = packagesOf(path.join(root, "package-lock.json"));
  const present = packagesOf(path.join(root, "node_modules/.package-lock.json"));
  return Object.entries(wanted).every(([where, { version, optional, peer }]) => {
    if (where === "") return true;
    const found = present[where];
    return found === undefined ? Boolean(optional || peer) : found.version === version;
  });
}

/** Runs `npm ci` when node_modules is missing or stale. Returns whether the packages are there afterwards. */
export function install(root = ROOT) {
  if (installed(root)) return true;
  process.stderr.write("pare: installing packages (npm ci)\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const ran = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, "inherit"],
  });
  return ran.status === 0 && installed(root);
}
