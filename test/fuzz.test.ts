// The whole pipeline on damaged files: one clear error, or a ledger that covers the file and sums. In bounded time and memory.
import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goBuild, type GoOptions } from "./fixture.ts";

/** In CI 20,000 in all; on a desk enough to notice a mistake soon. */
const MUTATIONS = Number(process.env.PARE_FUZZ_MUTATIONS ?? (process.env.CI ? 20_000 : 600));
/** A mutation takes some hundredths of a second; one that takes this long hangs. */
const PATIENCE_MS = 60_000;

const WORKER = join(import.meta.dirname, "fuzzworker.ts");
const CORPUS = readFileSync(join(import.meta.dirname, "corpus/pipeline.txt"), "utf8");

const tiny = { fixture: "tiny" };
const bases: Readonly<Record<string, GoOptions>> = {
  "elf-stripped": { ...tiny, ldflags: "-s -w" },
  "elf-symbols": { ...tiny, toolchain: "go1.16.15" },
  "elf-old": { ...tiny, toolchain: "go1.4.3" },
  pe: { ...tiny, ldflags: "-s -w", goos: "windows", goarch: "amd64" },
  macho: { ...tiny, ldflags: "-s -w", goos: "darwin", goarch: "arm64" },
  wasm: { ...tiny, ldflags: "-s -w", goos: "wasip1", goarch: "wasm" },
};
const EACH = Math.ceil(MUTATIONS / Object.keys(bases).length);

interface Outcome {
  readonly failures: readonly string[];
  readonly seeds: number;
  /** Seeds that raised the peak of memory. */
  readonly grew: readonly number[];
  readonly peak: number;
}

/** Runs the worker; a stall or a crash is a failure that names its seed. */
function fuzz(name: string, file: string, words: readonly string[], input: string): Promise<Outcome> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, ["--expose-gc", WORKER, name, file, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const failures: string[] = [];
    const grew: number[] = [];
    let seeds = 0;
    let peak = 0;
    let last = "";
    let rest = "";
    let errors = "";
    const stall = (): void => {
      failures.push(`${name}: ${last} hangs`);
      child.kill("SIGKILL");
    };
    let clock = setTimeout(stall, PATIENCE_MS);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      clearTimeout(clock);
      clock = setTimeout(stall, PATIENCE_MS);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("failed ")) failures.push(line);
        else if (line.startsWith("done ")) peak = Number(line.slice(5));
        else if (line.startsWith("grew ")) grew.push(Number(line.slice(5)));
        else {
          seeds++;
          last = line;
        }
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", reject).on("close", (code) => {
      clearTimeout(clock);
      if (code !== 0 && failures.length === 0) failures.push(`${name}: ${last} crashed\n${errors.slice(-2000)}`);
      settle({ failures, seeds, grew, peak });
    });
    child.stdin.on("error", () => {}).end(input);
  });
}

describe.concurrent.each(Object.entries(bases))("%s", (name, options) => {
  const file = goBuild(options);

  test("mutations found earlier", async () => {
    expect((await fuzz(name, file, ["-"], CORPUS)).failures).toEqual([]);
  });

  test("mutations", { timeout: 3_600_000 }, async () => {
    const { failures, seeds, grew } = await fuzz(name, file, ["0", String(EACH)], "");
    expect(failures).toEqual([]);
    expect(seeds).toBe(EACH);
    // many mutations leave garbage of many: what one takes shows in a process of its own
    for (const seed of grew) {
      const { peak } = await fuzz(name, file, [String(seed), String(seed + 1)], "");
      expect(peak, `memory at seed ${String(seed)}`).toBeLessThan(8 * statSync(file).size + 200e6);
    }
  });
});
