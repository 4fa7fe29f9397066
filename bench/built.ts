// pare as it is published, for benches: built on the side, for dist may be in use, or be rebuilt, meanwhile.
import { execFileSync } from "node:child_process";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);

/** Command and first words; the package is built now. */
export function builtPare(): [string, string] {
  const dist = path.join(ROOT, ".cache/bench/dist");
  const tsdown = path.join(ROOT, "node_modules/tsdown/dist/run.mjs");
  execFileSync(process.execPath, [tsdown, "--logLevel", "error", "--out-dir", dist], { cwd: ROOT, stdio: "inherit" });
  return [process.execPath, path.join(dist, "cli/main.js")];
}
