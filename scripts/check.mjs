// The static checks, in order of speed. `npm run check` runs them all, even after one failed, and says which did.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./install.mjs";

export const CHECKS = [
  ["format", "oxfmt", "--check"],
  ["lint", "oxlint", "--deny-warnings", "--report-unused-disable-directives"],
  ["types", "tsc", "-p", "."],
  ["architecture", "depcruise", "--config", "dependency-cruiser.config.mjs", "src", "test", "bench"],
  ["dead code", "knip", "--no-config-hints"],
  ["build", "tsdown", "--logLevel", "error"],
  ["package", "publint", "--strict", "--pack", "false"],
];

/** Runs one check; true when it found nothing. Its output goes to stderr: stdout is the caller's. */
export function check([name, command, ...args]) {
  const bin = path.join(ROOT, "node_modules/.bin");
  const env = { ...process.env, PATH: bin + path.delimiter + process.env.PATH };
  const ran = spawnSync(path.join(bin, command), args, { cwd: ROOT, env, stdio: ["ignore", 2, 2] });
  process.stderr.write(`${ran.status === 0 ? "ok    " : "FAILED"} ${name} (${command})\n`);
  return ran.status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = CHECKS.filter((each) => !check(each));
  process.exitCode = failed.length === 0 ? 0 : 1;
}
