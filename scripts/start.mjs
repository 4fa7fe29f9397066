// `npm start`: a fresh clone to a report on the example service. Plain JavaScript, see install.mjs.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { install, ROOT } from "./install.mjs";

if (spawnSync("go", ["version"]).status !== 0) {
  process.stderr.write("pare: `go` is not on PATH. Install Go from https://go.dev/dl/ and run `npm start` again.\n");
  process.exit(3);
}
if (!install()) {
  process.stderr.write("pare: the packages could not be installed (see the messages of npm above).\n");
  process.exit(3);
}
const words = process.argv.slice(2);
const example = path.join(ROOT, "examples/api");
const ran = spawnSync("sh", [path.join(ROOT, "bin/pare"), ...words], { cwd: example, stdio: "inherit" });
process.exit(ran.status ?? 1);
