import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeActionResult, encodeActionResult } from "../../src/cache/actionresult.ts";
import { GoDirectory } from "../../src/cache/godirectory.ts";
import { serveGo } from "../../src/cache/prog.ts";
import { Tiers } from "../../src/cache/tiers.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-cache-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const hash = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const ACTION = hash("an action");
const BODY = Buffer.from("an output of the compiler");

const tiersOf = (name: string): Tiers =>
  new Tiers({ local: new GoDirectory(path.join(directory, name)), warn: () => undefined });

describe("the protocol", () => {
  const converse = async (tiers: Tiers, requests: string): Promise<Record<string, unknown>[]> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end(requests);
    await serveGo(tiers, input, output, 1000);
    const text = String(output.read());
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  const put = (id: number, body: Buffer, output = hash(body)): string =>
    `${JSON.stringify({ ID: id, Command: "put", ActionID: base64(ACTION), OutputID: base64(output), BodySize: body.length })}\n\n` +
    (body.length > 0 ? `"${body.toString("base64")}"\n` : "");
  const get = (id: number): string => `${JSON.stringify({ ID: id, Command: "get", ActionID: base64(ACTION) })}\n\n`;

  it("answers misses, puts and hits; a body of nothing too", async () => {
    for (const body of [BODY, Buffer.alloc(0), Buffer.alloc(300_000, 7)]) {
      rmSync(path.join(directory, "local"), { recursive: true, force: true });
      const answers = await converse(
        tiersOf("local"),
        `${get(1)}${put(2, body)}${get(3)}{"ID":4,"Command":"sing"}\n{"ID":5,"Command":"close"}\n`,
      );
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
