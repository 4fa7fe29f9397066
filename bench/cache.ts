// `pare cache prog` beside Go's own cache, and beside compiling: node bench/cache.ts [directory of a module] [package].
// Local: everything is there, bar 1.5 × Go's own. Remote: an empty local tier, a Bazel HTTP cache on loopback, bar 3 × faster than cold; the
// same with S3 where MinIO is on PATH, or named by MINIO.
// Symbols: what zstd makes of an unstripped file with and without compressed DWARF.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { constants, zstdCompressSync } from "node:zlib";
import { inflateDebugSections } from "../src/binary/elfinflate.ts";
import { inflate } from "../src/toolchain/inflate.ts";
import { startMinio } from "./cache/minio.ts";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const [module = path.join(ROOT, "examples/api"), pkg = "."] = process.argv.slice(2);
const scratch = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
const PROG = `${process.execPath} ${path.join(ROOT, "dist/cli/main.js")} cache prog`;

/** What a remote wants to know of whoever asks. */
let credentials: Readonly<Record<string, string>> = {};

/** Seconds of one build, with its link unless all is `upToDate`; with a cache of its own, and through pare if `remote` is a text. */
function build(cache: string, remote?: string, upToDate = false): number {
  if (!upToDate) rmSync(path.join(scratch, "program"), { force: true });
  const env: NodeJS.ProcessEnv = { ...process.env, GOCACHE: path.join(scratch, cache), GOFLAGS: "" };
  if (remote !== undefined)
    Object.assign(env, {
      GOCACHEPROG: remote === "" ? PROG : `${PROG} --upload-wait 10m`,
      PARE_CACHE_REMOTE: remote,
      ...credentials,
    });
  const start = performance.now();
  const ran = spawnSync("go", ["build", "-o", path.join(scratch, "program"), pkg], {
    cwd: module,
    env,
    encoding: "utf8",
  });
  if (ran.status !== 0 || /^pare:/m.test(ran.stderr)) throw new Error(ran.stderr);
  return (performance.now() - start) / 1000;
}

const best = (runs: number, work: () => number): number => Math.min(...Array.from({ length: runs }, work));

/** Best times with Go's own cache and through pare, in turn, so that a busy moment meets both. */
function alternately(runs: number, upToDate: boolean): { own: number; pare: number } {
  const times = { own: Infinity, pare: Infinity };
  for (let run = 0; run < runs; run++) {
    times.own = Math.min(times.own, build("own", undefined, upToDate));
    times.pare = Math.min(times.pare, build("own", "", upToDate));
  }
  return times;
}

/** A remote cache that keeps everything in memory, in a thread of its own, for builds block this one. */
const SERVER = `
const { parentPort } = require("node:worker_threads");
const stored = new Map();
require("node:http").createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
    if (request.method === "PUT") stored.set(request.url, Buffer.concat(chunks));
    const value = stored.get(request.url);
    response.writeHead(value ? 200 : 404).end(request.method === "GET" ? value : "");
  });
}).listen(0, "127.0.0.1", function () { parentPort.postMessage(this.address().port); });
`;

function row(name: string, seconds: number): void {
  process.stdout.write(`${name.padEnd(44)} ${seconds.toFixed(2).padStart(8)} s\n`);
}

const verdict = (name: string, value: number, bar: number, atLeast: boolean): void => {
  const holds = atLeast ? value >= bar : value <= bar;
  process.stdout.write(
    `${name.padEnd(44)} ${value.toFixed(2).padStart(8)} × (bar ${bar}) ${holds ? "holds" : "OVER"}\n`,
  );
};

const worker = new Worker(SERVER, { eval: true });
try {
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const remote = `http://127.0.0.1:${port}/`;
  mkdirSync(path.join(scratch, "own"));
  const cold = build("own");
  row("cold, Go's own cache", cold);
  row("cold, pare with uploads", build("filled", remote));
  const idle = alternately(9, true);
  row("nothing to do, Go's own cache", idle.own);
  row("nothing to do, pare", idle.pare);
  const linked = alternately(5, false);
  row("all compiled, linked: Go's own cache", linked.own);
  row("all compiled, linked: pare", linked.pare);
  const fromFar = (place: string): number =>
    best(2, () => {
      rmSync(path.join(scratch, "empty"), { recursive: true, force: true });
      return build("empty", place);
    });
  const far = fromFar(remote);
  row("empty local tier, remote on loopback", far);
  const minio = await startMinio(path.join(scratch, "minio"));
  let fromS3: number | undefined;
  if (minio !== undefined) {
    credentials = minio.env;
    try {
      rmSync(path.join(scratch, "filled"), { recursive: true, force: true });
      row("cold, pare with uploads to MinIO", build("filled", minio.remote));
      fromS3 = fromFar(minio.remote);
      row("empty local tier, MinIO on loopback", fromS3);
    } finally {
      await minio.stop();
    }
  }
  verdict("nothing to do: pare / Go", idle.pare / idle.own, 1.5, false);
  verdict("linked: pare / Go", linked.pare / linked.own, 1.5, false);
  verdict("remote: cold / pare", cold / far, 3, true);
  if (fromS3 !== undefined) verdict("remote, MinIO: cold / pare", cold / fromS3, 3, true);

  const program = readFileSync(path.join(scratch, "program"));
  const options = { params: { [constants.ZSTD_c_compressionLevel]: 9 } };
  const [packed, plain] = [program, inflateDebugSections(program, inflate)].map(
    (bytes) => zstdCompressSync(bytes, options).length,
  );
  process.stdout.write(
    `zstd of the unstripped file: ${packed} bytes; with DWARF decompressed first: ${plain} (${((100 * plain) / packed).toFixed(1)} %)\n`,
  );
} finally {
  await worker.terminate();
  rmSync(scratch, { recursive: true, force: true });
}
