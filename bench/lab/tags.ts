// Tag discovery on programs with a known win: it must find the tag unaided, and save what an independent `go build` saves, to the byte.
//   node bench/lab/tags.ts [gin|grpc|storage …]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { discoverTags, type TagSubject, tagRows } from "../../src/lab/tagbuilds.ts";
import { formatExact } from "../../src/report/units.ts";
import { Executor } from "../../src/schedule/executor.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const WINS: Readonly<Record<string, string>> = {
  gin: "nomsgpack",
  grpc: "grpcnotrace",
  storage: "disable_grpc_modules",
};
const RELEASE = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="];

/** Bytes of a build that pare has no part in. */
function independent(cwd: string, flags: readonly string[], directory: string): number {
  const output = path.join(directory, "independent");
  const words = ["build", ...flags, "-o", output, "."];
  const { status, stderr } = spawnSync("go", words, { cwd, encoding: "utf8", env: { ...process.env, GOFLAGS: "" } });
  if (status !== 0) throw new Error(stderr);
  return statSync(output).size;
}

const asked = process.argv.slice(2);
let isWrong = false;
for (const [name, expected] of Object.entries(WINS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const cwd = path.join(HERE, name);
  const directory = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
  try {
    const subject: TagSubject = { pkg: ".", cwd, flags: RELEASE, env: {}, goflags: "", guard: () => () => {} };
    const discovery = await discoverTags(subject, loadKnowledge("tags"));
    const executor = new Executor({ jobs: 1, memory: Infinity, freeMemory: () => Infinity, onEvent: () => {} });
    const result = await tagRows(subject, discovery, {
      executor,
      directory,
      memory: 0,
      left: () => Infinity,
      tested: [],
    });
    console.log(`\n${name}: ${formatExact(result.base)} bytes, ${result.rows.length} tags`);
    for (const { found, verdict } of result.rows) {
      if (verdict.is === "no effect" && verdict.by === "files") continue;
      const detail =
        "bytes" in verdict ? formatExact(verdict.bytes) : "text" in verdict ? verdict.text : Object.values(verdict)[1];
      console.log(`  ${found.tag.padEnd(32)} ${verdict.is.padEnd(16)} ${detail}`);
    }
    console.log(`  best: ${JSON.stringify(result.best)}`);
    const row = result.rows.find(({ found }) => found.tag === expected);
    const saved = row?.verdict.is === "saves" ? row.verdict.bytes : 0;
    const truth = independent(cwd, RELEASE, directory) - independent(cwd, [...RELEASE, `-tags=${expected}`], directory);
    const together =
      result.best && independent(cwd, [...RELEASE, `-tags=${result.best.tags.set.join(",")}`], directory);
    const agrees = saved > 0 && saved === truth && together === result.best?.size;
    if (!agrees) isWrong = true;
    console.log(
      `  ${expected}: pare ${formatExact(saved)}, go build ${formatExact(truth)}; ${agrees ? "equal" : "NOT EQUAL"}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
process.exitCode = isWrong ? 1 : 0;
