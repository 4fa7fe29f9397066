import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeActionResult, encodeActionResult } from "../../src/cache/actionresult.ts";
import { GoDirectory } from "../../src/cache/godirectory.ts";
import { serveGo } from "../../src/cache/prog.ts";
import { Tiers } from "../../src/cache/tiers.ts";
import { ACTION, BODY, hash } from "./example.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-cache-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const tiersOf = (name: string): Tiers =>
  new Tiers({ local: new GoDirectory(path.join(directory, name)), warn: () => undefined });

describe("the protocol", () => {
  const parsed = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const converse = async (tiers: Tiers, requests: string): Promise<Record<string, unknown>[]> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end(requests);
    await serveGo(tiers, input, output, 1000);
    return parsed(String(output.read()));
  };
  /** As the go command starts it; without a remote nothing waits, and nothing is read from streams. */
  const converseWithProgram = (words: readonly string[], requests: string): Record<string, unknown>[] => {
    const env = { ...process.env, PARE_CACHE_REMOTE: "" };
    const ran = spawnSync(process.execPath, [MAIN, "cache", "prog", ...words], {
      input: requests,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
    return parsed(ran.stdout);
  };
  const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  const put = (id: number, body: Buffer, output = hash(body)): string =>
    `${JSON.stringify({ ID: id, Command: "put", ActionID: base64(ACTION), OutputID: base64(output), BodySize: body.length })}\n\n` +
    (body.length > 0 ? `"${body.toString("base64")}"\n` : "");
  const get = (id: number): string => `${JSON.stringify({ ID: id, Command: "get", ActionID: base64(ACTION) })}\n\n`;

  it.each(["streams", "descriptors"])("answers misses, puts and hits; a body of nothing too: %s", async (how) => {
    for (const body of [BODY, Buffer.alloc(0), Buffer.alloc(300_000, 7)]) {
      rmSync(path.join(directory, "local"), { recursive: true, force: true });
      const requests = `${get(1)}${put(2, body)}${get(3)}{"ID":4,"Command":"sing"}\n{"ID":5,"Command":"close"}\n`;
      const answers =
        how === "streams"
          ? await converse(tiersOf("local"), requests)
          : converseWithProgram(["--dir", path.join(directory, "local")], requests);
      expect(answers).toHaveLength(6);
      expect(answers[0]).toEqual({ ID: 0, KnownCommands: ["get", "put", "close"] });
      expect(answers[1]).toEqual({ ID: 1, Miss: true });
      expect(answers[3]).toMatchObject({
        ID: 3,
        OutputID: base64(hash(body)),
        Size: body.length,
        DiskPath: answers[2]["DiskPath"],
      });
      expect(readFileSync(String(answers[3]["DiskPath"]))).toEqual(body);
      expect(answers[4]).toMatchObject({ ID: 4, Err: "unknown command sing" });
      expect(answers[5]).toEqual({ ID: 5 });
    }
  });

  it("ends where the go command does without a word, and says what is wrong with a line", () => {
    expect(converseWithProgram([`--dir=${directory}`, "--read-only"], get(1))).toHaveLength(2);
    for (const input of ["{\n", "null\n", "[]\n", "ls\n"]) {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, "cache", "prog"], { input, encoding: "utf8" });
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr:
          'pare: a line on stdin is no request of the go command: let Go start this command, with GOCACHEPROG="pare cache prog" in its environment\n',
      });
    }
  });

  it("takes no output with another hash, and gives none that was cut off", async () => {
    const wrong = await converse(tiersOf("local"), `${put(1, BODY, hash("other"))}${get(2)}`);
    expect(wrong[1]["Err"]).toContain("hash");
    expect(wrong[2]).toEqual({ ID: 2, Miss: true });
    const tiers = tiersOf("local");
    truncateSync(tiers.put(ACTION, hash(BODY), BODY).path, 3);
    expect(tiers.get(ACTION)).toBeUndefined();
    expect(readFileSync(tiers.put(ACTION, hash(BODY), BODY).path)).toEqual(BODY);
  });

  it("notes uses once an hour, as the go command does", () => {
    const tiers = tiersOf("local");
    const { path: file } = tiers.put(ACTION, hash(BODY), BODY);
    const old = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(file, old, old);
    expect(tiers.get(ACTION)).toMatchObject({ path: file });
    expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(600_000);
  });

  it("values of actions are read back, and rubbish is nothing", () => {
    for (const size of [0, 1, 127, 128, 2 ** 31]) {
      expect(decodeActionResult(encodeActionResult({ hash: ACTION, size }))).toEqual({ hash: ACTION, size });
    }
    fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeActionResult(bytes) === undefined));
  });
});
