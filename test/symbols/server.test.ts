import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addToStore, type Entry, pathOf, readFromStore, type Store } from "../../src/symbols/store.ts";
import { serveStore } from "../../src/symbols/server.ts";
import { goBuild } from "../fixture.ts";

let directory: string;
let store: Store;
let entry: Entry;
let damagedEntry: Entry;
let shipped: string;
let server: { port: number; close: () => void };
const damage: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-debuginfod-"));
  store = { directory: path.join(directory, "symbols"), guard: () => () => {} };
  shipped = goBuild({ fixture: "hello", ldflags: "-s -w" });
  ({ entry } = await addToStore(store, {
    name: "hello",
    executable: readFileSync(shipped),
    debuginfo: readFileSync(goBuild({ fixture: "hello" })),
  }));
  const other = readFileSync(goBuild({ fixture: "hello", ldflags: "-s -w", goarch: "arm64" }));
  ({ entry: damagedEntry } = await addToStore(store, { name: "damaged", executable: other }));
  const file = pathOf(store, damagedEntry, "executable");
  const bytes = readFileSync(file);
  bytes[bytes.length - 2000] ^= 4;
  writeFileSync(file, bytes);
  server = await serveStore(store, { port: 0, onDamage: (name) => damage.push(name) });
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const hasClient = spawnSync("debuginfod-find", ["--version"]).error === undefined;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
  readonly complete: boolean;
}

function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: server.port, path: url, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => {});
      response.on("close", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks),
          complete: response.complete,
        }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("debuginfod server", () => {
  it.skipIf(!hasClient)("gives Debian's client what the store has", async () => {
    const env = {
      ...process.env,
      DEBUGINFOD_URLS: `http://127.0.0.1:${server.port}`,
      DEBUGINFOD_CACHE_PATH: path.join(directory, "cache"),
    };
    // not spawnSync: the server runs in this process
    const find = (part: string, what: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const child = spawn("debuginfod-find", [part, what], { env });
        let out = "";
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.on("error", reject);
        child.on("close", () => resolve(out.trim()));
      });
    expect(readFileSync(await find("debuginfo", shipped))).toEqual(
      Buffer.from((await readFromStore(store, entry, "debuginfo"))!),
    );
    expect(readFileSync(await find("executable", entry.id))).toEqual(readFileSync(shipped));
    expect(await find("executable", "0123456789abcdef0123")).toBe("");
  });

  it.each(["zstd", "gzip", "identity", "gzip;q=0, br"])("answers clients that accept %s", async (accepted) => {
    const { status, headers, body } = await ask(`/buildid/${entry.id}/executable`, { "accept-encoding": accepted });
    expect(status).toBe(200);
    const encoding = headers["content-encoding"] ?? "identity";
    expect(encoding).toBe(accepted.startsWith("gzip;") ? "identity" : accepted);
    const plain = encoding === "zstd" ? zstdDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
    expect(plain.equals(readFileSync(shipped))).toBe(true);
  });

  it("answers every name of an entry, and HEAD without a body", async () => {
    for (const { hex } of entry.ids) {
      const { status, headers, body } = await ask(`/buildid/${hex}/debuginfo`, {}, "HEAD");
      expect([status, headers["x-debuginfod-size"], body.length]).toEqual([
        200,
        String(entry.files.debuginfo!.size),
        0,
      ]);
    }
  });

  it.each([
    [404, "/"],
    [404, "/buildid/"],
    [404, "/buildid/../../etc/passwd"],
    [404, "/buildid/%2e%2e/debuginfo"],
    [404, "/buildid/ID/entry.json"],
    [404, "/buildid/ID/debuginfo/"],
    [404, "/buildid/ID/debuginfo?x"],
    [404, "/buildid/ID/source/usr/include/stdio.h"],
    [404, "/buildid/ID/section/.debug_info"],
    [404, "/buildid/0123456789abcdef0123456789abcdef01234567/debuginfo"],
  ])("answers %i to %s", async (status, url) => {
    expect((await ask(url.replace("ID", entry.id))).status).toBe(status);
  });

  it("refuses other methods and other hosts", async () => {
    expect((await ask(`/buildid/${entry.id}/executable`, {}, "POST")).status).toBe(405);
    expect((await ask(`/buildid/${entry.id}/executable`, { host: "evil.example" })).status).toBe(403);
    expect((await ask(`/buildid/${entry.id}/executable`, { host: `localhost:${server.port}` }, "HEAD")).status).toBe(
      200,
    );
  });

  it.each(["zstd", "gzip", "identity"])("never completes a damaged file (%s)", async (accepted) => {
    const { complete } = await ask(`/buildid/${damagedEntry.id}/executable`, { "accept-encoding": accepted });
    expect(complete).toBe(false);
    // the client may see the end of the answer before the server does
    await expect.poll(() => damage).toContain(pathOf(store, damagedEntry, "executable"));
  });
});
