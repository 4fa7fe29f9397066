// `npm test`: sets up, runs the static checks and every test, and ends with one line of counts.
// Plain JavaScript, see install.mjs. Under CI nothing may be skipped: a missing component is a failure.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { check, CHECKS } from "./check.mjs";
import { install, ROOT } from "./install.mjs";

const CI = Boolean(process.env.CI);
const RESULTS = path.join(ROOT, ".cache/test-results.json");
const total = { passed: 0, failed: 0, skipped: 0 };

function count(ok) {
  total[ok ? "passed" : "failed"]++;
}

function finish() {
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

if (!install()) {
  say("test: the packages could not be installed");
  count(false);
  finish();
}
// the checks need none of it, and use one processor
const setup = spawn("sh", [path.join(ROOT, "scripts/setup.sh")], { stdio: ["ignore", 2, 2] });
const ready = new Promise((resolve) => setup.once("close", resolve));

for (const each of CHECKS) count(check(each));
if ((await ready) !== 0 && CI) count(false);

mkdirSync(path.dirname(RESULTS), { recursive: true });
rmSync(RESULTS, { force: true });
const bin = path.join(ROOT, "node_modules/.bin");
const words = [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${RESULTS}`,
  ...process.argv.slice(2),
];
const ran = spawnSync(path.join(bin, "node"), [path.join(ROOT, "node_modules/vitest/vitest.mjs"), ...words], {
  cwd: ROOT,
  env: { ...process.env, PATH: bin + path.delimiter + process.env.PATH },
  stdio: ["ignore", 2, 2],
});

let results;
try {
  results = JSON.parse(readFileSync(RESULTS, "utf8"));
} catch {
  say("test: vitest left no results");
  count(false);
  finish();
}
total.passed += results.numPassedTests;
total.failed += results.numFailedTests;
const skipped = results.testResults
  .flatMap((file) => file.assertionResults)
  .filter((each) => each.status === "skipped" || each.status === "pending" || each.status === "todo");
for (const each of skipped) say(`${CI ? "FAILED (skipped)" : "skipped"}: ${each.fullName}`);
total[CI ? "failed" : "skipped"] += skipped.length;
// a file that does not load, or an error outside any test, fails vitest without a failed test
const broken = results.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
for (const file of broken) say(`FAILED (did not run): ${path.relative(ROOT, file.name)}`);
total.failed += broken.length;
if (ran.status !== 0 && total.failed === 0) count(false);
finish();
