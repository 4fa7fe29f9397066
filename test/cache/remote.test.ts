import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeActionResult } from "../../src/cache/actionresult.ts";
import { GoDirectory } from "../../src/cache/godirectory.ts";
import { RemoteSettingError } from "../../src/cache/failure.ts";
import { openRemote, type Remote } from "../../src/cache/remote.ts";
import { Tiers } from "../../src/cache/tiers.ts";
import { ACTION, BODY, hash } from "./example.ts";
import { MOTO } from "../tools.ts";
import { type Bucket, hasNginx, startMoto, startNginx } from "./servers.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MAIN = path.join(HERE, "../../src/cli/main.ts");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-cache-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function tiersOf(name: string, remote?: Remote, warnings: string[] = [], readOnly = false): Tiers {
  const local = new GoDirectory(path.join(directory, name));
  return new Tiers({ local, remote, readOnly, warn: (text) => warnings.push(text) });
}

/** What one machine made, another one gets; from then on it is on the disk. */
async function share(open: () => Promise<Remote>): Promise<void> {
  const warnings: string[] = [];
  const one = tiersOf("one", await open(), warnings);
  one.put(ACTION, hash(BODY), BODY);
  await one.close(20_000);
  const two = tiersOf("two", await open(), warnings);
  const output = await two.get(ACTION);
  expect(readFileSync(output!.path)).toEqual(BODY);
  expect(await two.get(hash("unknown"))).toBeUndefined();
  expect(tiersOf("two").get(ACTION)).toMatchObject({ id: hash(BODY) });
  expect(warnings).toEqual([]);
}

describe("HTTP", () => {
  let server: Server;
  let port: number;
  const stored = new Map<string, Buffer>();
  let status = 0;
  let seen: IncomingMessage[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (status > 0) {
          response.writeHead(status).end();
          return;
        }
        if (request.method === "PUT") stored.set(request.url!, Buffer.concat(chunks));
        const value = stored.get(request.url!);
        response.writeHead(value ? 200 : 404).end(request.method === "GET" ? value : "");
      });
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    stored.clear();
    status = 0;
    seen = [];
  });

  const http = (env: NodeJS.ProcessEnv = {}): Promise<Remote> =>
    openRemote(`http://me:s%20ecret@127.0.0.1:${port}/cache`, env);

  it("what one machine made, another one gets", async () => {
    await share(http);
    expect([...stored.keys()].sort()).toEqual([`/cache/ac/${ACTION}`, `/cache/cas/${hash(BODY)}`]);
  });

  it("sends what it was told to, and names no secret", async () => {
    const remote = await http();
    await remote.get("ac", ACTION, 100);
    expect(seen[0].headers.authorization).toBe(`Basic ${Buffer.from("me:s ecret").toString("base64")}`);
    expect(remote.name).toBe(`http://127.0.0.1:${port}/cache/`);
    await (await http({ PARE_CACHE_TOKEN: "token" })).get("ac", ACTION, 100);
    expect(seen[1].headers.authorization).toBe("Bearer token");
  });

  it("a URL that cannot be meant names no secret", async () => {
    for (const url of ["http://me:se%cret@host/", "ftp://me:secret@host/", "http://me:secret@/"]) {
      const refused: unknown = await openRemote(url, {}).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(RemoteSettingError);
      expect(String(refused)).not.toContain("cret");
    }
  });

  it.each([500, 403, 307])(
    "answers of %i degrade to the disk, with one warning, and it is not asked for ever",
    async (code) => {
      status = code;
      const warnings: string[] = [];
      const tiers = tiersOf("one", await http(), warnings);
      tiers.put(ACTION, hash(BODY), BODY);
      await tiers.close(5000);
      expect(tiers.get(ACTION)).toMatchObject({ id: hash(BODY) });
      for (let i = 0; i < 10; i++) expect(await tiers.get(hash(String(i)))).toBeUndefined();
      expect(warnings).toEqual([
        `the remote cache http://127.0.0.1:${port}/cache/ answers ${code}: the build goes on without it`,
      ]);
      expect(seen).toHaveLength(3);
    },
  );

  it("entries that are damaged, cut off or too large are misses", async () => {
    const name = `/cache/cas/${hash(BODY)}`;
    for (const bytes of [Buffer.from("an output of the c0mpiler"), BODY.subarray(1), Buffer.alloc(100_000)]) {
      stored.set(`/cache/ac/${ACTION}`, Buffer.from(encodeActionResult({ hash: hash(BODY), size: BODY.length })));
      stored.set(name, bytes);
      const warnings: string[] = [];
      expect(await tiersOf("one", await http(), warnings).get(ACTION)).toBeUndefined();
      expect(warnings).toHaveLength(1);
    }
    stored.set(`/cache/ac/${ACTION}`, Buffer.from("no such message"));
    expect(await tiersOf("one", await http()).get(ACTION)).toBeUndefined();
    expect(existsSync(path.join(directory, "one"))).toBe(false);
  });

  it("read-only gives nothing", async () => {
    const tiers = tiersOf("one", await http(), [], true);
    tiers.put(ACTION, hash(BODY), BODY);
    await tiers.close(5000);
    expect(stored.size).toBe(0);
  });
});

describe("S3", () => {
  let bucket: Bucket;
  beforeAll(async () => {
    if (MOTO !== undefined) bucket = await startMoto();
  }, 60_000);
  afterAll(() => bucket?.stop());

  it
    .skipIf(MOTO === undefined)
    .each(["s3://bucket", "s3://bucket/", "s3://bucket/some/prefix", "s3://bucket/a-b/c_d.e"])(
    "signs so that a server that computes signatures itself takes it: %s",
    async (url) => {
      await share(() => openRemote(url, bucket.env));
    },
  );

  it.skipIf(MOTO === undefined)("a wrong key is one warning without secrets, and not tried for ever", async () => {
    const warnings: string[] = [];
    const env = { ...bucket.env, AWS_SECRET_ACCESS_KEY: "wrong" };
    const tiers = tiersOf("one", await openRemote("s3://bucket/wrong", env), warnings);
    tiers.put(ACTION, hash(BODY), BODY);
    for (let i = 0; i < 10; i++) expect(await tiers.get(hash(String(i)))).toBeUndefined();
    await tiers.close(5000);
    expect(warnings).toEqual(["the remote cache s3://bucket/wrong answers 403: the build goes on without it"]);
    expect(await (await openRemote("s3://bucket/wrong", bucket.env)).get("ac", ACTION, 100)).toBeUndefined();
  });

  it("needs keys, and a prefix that has one spelling", async () => {
    await expect(openRemote("s3://bucket/", {})).rejects.toThrow("AWS_ACCESS_KEY_ID");
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    for (const url of ["s3://bucket/a+b", "s3://bucket/a b", "s3://bucket/%zz"]) {
      await expect(openRemote(url, env)).rejects.toThrow("letters, digits");
    }
  });
});

describe("with the go command", () => {
  const build = (
    local: string,
    variables: Readonly<Record<string, string>>,
    words = "",
    flags: readonly string[] = [],
  ): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = {
        ...process.env,
        GOFLAGS: "",
        CGO_ENABLED: "0",
        GOCACHE: path.join(directory, local),
        GOCACHEPROG: `${process.execPath} ${MAIN} cache prog ${words}`,
        ...variables,
      };
      const args = ["build", "-x", ...flags, "-o", path.join(directory, `${local}.out`), "."];
      execFile(
        "go",
        args,
        { cwd: path.join(HERE, "../fixtures/tiny"), env, maxBuffer: 1 << 28 },
        (error, _, stderr) => {
          if (error) reject(new Error(stderr));
          else resolve(stderr);
        },
      );
    });
  const compiled = (stderr: string): number =>
    stderr.split("\n").filter((line) => /\/compile(\.exe)? /.test(line)).length;
  const warningsOf = (stderr: string): string[] => stderr.split("\n").filter((line) => line.startsWith("pare: "));

  it.skipIf(!hasNginx || MOTO === undefined)(
    "an empty machine compiles nothing that nginx or a bucket has; without them it compiles, and warns once",
    async () => {
      const nginx = await startNginx(path.join(directory, "nginx"));
      const remote = { PARE_CACHE_REMOTE: nginx.url };
      expect(compiled(await build("one", remote))).toBeGreaterThan(5);
      // two at once, into one empty directory
      const both = await Promise.all([build("two", remote), build("two", remote)]);
      expect(both.map(compiled)).toEqual([0, 0]);
      expect(readFileSync(path.join(directory, "two.out"))).toEqual(readFileSync(path.join(directory, "one.out")));
      await nginx.stop();
      expect(compiled(await build("two", remote))).toBe(0);
      const log = readFileSync(path.join(directory, "nginx/access.log"), "utf8");
      expect(log).toContain('"PUT /cas/');
      expect(readdirSync(path.join(directory, "nginx/files")).sort()).toEqual(["ac", "cas"]);
      // other flags for one package: the disk does not have it, the remote is gone, the build is not
      const other = ["-gcflags=-l"];
      const gone = await build("one", { PARE_CACHE_REMOTE: "http://me:verysecret@127.0.0.1:1/" }, "", other);
      expect(compiled(gone)).toBe(1);
      expect(warningsOf(gone)).toEqual([
        "pare: the remote cache http://127.0.0.1:1/ ECONNREFUSED: the build goes on without it",
      ]);
      expect(gone).not.toContain("verysecret");

      cpSync(path.join(directory, "two"), path.join(directory, "three"), { recursive: true });
      const moto = await startMoto();
      try {
        const bucket = { ...moto.env, PARE_CACHE_REMOTE: "s3://bucket/go" };
        for (const [machine, count] of [
          ["two", 1],
          ["three", 0],
        ] as const) {
          const ran = await build(machine, bucket, "", other);
          expect([compiled(ran), warningsOf(ran)]).toEqual([count, []]);
        }
      } finally {
        await moto.stop();
      }
      // what pare wrote, the go command itself reads
      expect(compiled(await build("two", { GOCACHEPROG: "" }))).toBe(0);
    },
  );

  it("secrets do not go into argv", async () => {
    await expect(build("one", {}, "--remote http://me:secret@127.0.0.1:1/")).rejects.toThrow("PARE_CACHE_REMOTE");
  });
});
