import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeActionResult, encodeActionResult } from "../../src/cache/actionresult.ts";
import { GoDirectory } from "../../src/cache/godirectory.ts";
import { serveGo } from "../../src/cache/prog.ts";
import { openRemote, type Remote } from "../../src/cache/remote.ts";
import { sign } from "../../src/cache/sigv4.ts";
import { Tiers } from "../../src/cache/tiers.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MAIN = path.join(HERE, "../../src/cli/main.ts");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-cache-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const hash = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const ACTION = hash("an action");
const BODY = Buffer.from("an output of the compiler");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

const hasNginx = spawnSync("nginx", ["-v"]).error === undefined;

/** nginx as docs/formats.md says: PUT by DAV, nothing else. */
async function startNginx(root: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  mkdirSync(path.join(root, "files"), { recursive: true });
  const config = path.join(root, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${root}/pid; error_log ${root}/error.log;
${process.getuid?.() === 0 ? "user root;" : ""}
events {}
http {
  access_log ${root}/access.log;
  client_max_body_size 0;
  client_body_temp_path ${root}/body; proxy_temp_path ${root}/proxy; fastcgi_temp_path ${root}/fastcgi;
  uwsgi_temp_path ${root}/uwsgi; scgi_temp_path ${root}/scgi;
  server {
    listen 127.0.0.1:${port};
    root ${root}/files;
    location / { dav_methods PUT; create_full_put_path on; }
  }
}
`,
  );
  const child = spawn("nginx", ["-c", config, "-e", path.join(root, "error.log")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}/`;
  const up = async (): Promise<void> => {
    while (
      !(await fetch(url).then(
        () => true,
        () => false,
      ))
    )
      await new Promise((later) => setTimeout(later, 20));
  };
  await up();
  return { url, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await closed;
}

function tiersOf(name: string, remote?: Remote, warnings: string[] = [], readOnly = false): Tiers {
  const local = new GoDirectory(path.join(directory, name));
  return new Tiers({ local, remote, readOnly, warn: (text) => warnings.push(text) });
}

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

describe("remotes", () => {
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
        const body = Buffer.concat(chunks);
        const refused = status || (request.url!.startsWith("/bucket/") ? refusal(request, body) : 0);
        if (refused > 0) {
          response.writeHead(refused).end();
          return;
        }
        if (request.method === "PUT") stored.set(request.url!, body);
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

  const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  /** Verifies a signature as S3 does, from what came over the wire. */
  function refusal(request: IncomingMessage, body: Buffer): number {
    const found =
      /^AWS4-HMAC-SHA256 Credential=AKID\/(\d{8})\/([\w-]+)\/s3\/aws4_request,SignedHeaders=([\w;-]+),Signature=([0-9a-f]{64})$/.exec(
        request.headers.authorization ?? "",
      );
    if (!found) return 403;
    const [, day, region, names, signature] = found;
    const headers = names.split(";").map((name) => `${name}:${String(request.headers[name])}\n`);
    if (!["host", "x-amz-content-sha256", "x-amz-date"].every((name) => names.split(";").includes(name))) return 403;
    if (request.headers["x-amz-content-sha256"] !== hash(body)) return 400;
    const canonical = `${request.method}\n${request.url}\n\n${headers.join("")}\n${names}\n${hash(body)}`;
    const text = `AWS4-HMAC-SHA256\n${String(request.headers["x-amz-date"])}\n${day}/${region}/s3/aws4_request\n${hash(canonical)}`;
    let key = Buffer.from(`AWS4${SECRET}`);
    for (const part of [day, region, "s3", "aws4_request"]) key = createHmac("sha256", key).update(part).digest();
    return createHmac("sha256", key).update(text).digest("hex") === signature ? 0 : 403;
  }

  const http = (env: NodeJS.ProcessEnv = {}): Promise<Remote> =>
    openRemote(`http://me:s%20ecret@127.0.0.1:${port}/cache`, env);
  const s3 = (secret = SECRET): Promise<Remote> =>
    openRemote("s3://bucket/some/prefix", {
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    });

  it.each([
    ["http", http, "/cache"],
    ["s3", () => s3(), "/bucket/some/prefix"],
  ] as const)("%s: what one machine made, another one gets", async (_, open, prefix) => {
    const warnings: string[] = [];
    const one = tiersOf("one", await open(), warnings);
    one.put(ACTION, hash(BODY), BODY);
    await one.close(5000);
    expect([...stored.keys()].sort()).toEqual([`${prefix}/ac/${ACTION}`, `${prefix}/cas/${hash(BODY)}`]);
    const two = tiersOf("two", await open(), warnings);
    const output = await two.get(ACTION);
    expect(readFileSync(output!.path)).toEqual(BODY);
    expect(await two.get(hash("unknown"))).toBeUndefined();
    // and from then on from the disk
    stored.clear();
    expect(tiersOf("two").get(ACTION)).toMatchObject({ id: hash(BODY) });
    expect(warnings).toEqual([]);
  });

  it("sends what it was told to, and names no secret", async () => {
    const remote = await http();
    await remote.get("ac", ACTION, 100);
    expect(seen[0].headers.authorization).toBe(`Basic ${Buffer.from("me:s ecret").toString("base64")}`);
    expect(remote.name).toBe(`http://127.0.0.1:${port}/cache/`);
    await (await http({ PARE_CACHE_TOKEN: "token" })).get("ac", ACTION, 100);
    expect(seen[1].headers.authorization).toBe("Bearer token");
  });

  it("a wrong key is one warning, and not tried for ever", async () => {
    const warnings: string[] = [];
    const tiers = tiersOf("one", await s3("wrong"), warnings);
    for (let i = 0; i < 10; i++) expect(await tiers.get(hash(String(i)))).toBeUndefined();
    expect(warnings).toEqual(["the remote cache s3://bucket/some/prefix answers 403: the build goes on without it"]);
    expect(seen).toHaveLength(3);
  });

  it.each([500, 403, 307])("answers of %i degrade to the disk", async (code) => {
    status = code;
    const warnings: string[] = [];
    const tiers = tiersOf("one", await http(), warnings);
    tiers.put(ACTION, hash(BODY), BODY);
    await tiers.close(5000);
    expect(tiers.get(ACTION)).toMatchObject({ id: hash(BODY) });
    expect(warnings).toHaveLength(1);
  });

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

  it("signs as AWS's own examples", () => {
    const credentials = {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
    const now = new Date("2013-05-24T00:00:00Z");
    const signatureOf = (method: string, url: string, headers: Record<string, string>, body = ""): string =>
      sign(
        { method, url: new URL(url), headers, body: Buffer.from(body) },
        "us-east-1",
        credentials,
        now,
      ).authorization.replace(/.*Signature=/, "");
    // docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html: GET object, PUT object, GET bucket lifecycle, list objects
    const host = "https://examplebucket.s3.amazonaws.com";
    expect(signatureOf("GET", `${host}/test.txt`, { Range: "bytes=0-9" })).toBe(
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
    expect(
      signatureOf(
        "PUT",
        `${host}/test$file.text`,
        { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
        "Welcome to Amazon S3.",
      ),
    ).toBe("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    expect(signatureOf("GET", `${host}/?lifecycle`, {})).toBe(
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
    expect(signatureOf("GET", `${host}/?max-keys=2&prefix=J`, {})).toBe(
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
  });
});

describe("with the go command", () => {
  const subject = path.join(HERE, "../fixtures/tiny");
  const build = (
    local: string,
    remote: string,
    words = "",
    flags: readonly string[] = [],
  ): Promise<{ stderr: string }> =>
    new Promise((resolve, reject) => {
      const env = {
        ...process.env,
        GOFLAGS: "",
        CGO_ENABLED: "0",
        GOCACHE: path.join(directory, local),
        GOCACHEPROG: `${process.execPath} ${MAIN} cache prog ${words}`,
        PARE_CACHE_REMOTE: remote,
      };
      const args = ["build", "-x", ...flags, "-o", path.join(directory, `${local}.out`), "."];
      execFile("go", args, { cwd: subject, env, maxBuffer: 1 << 28 }, (error, _, stderr) => {
        if (error) reject(new Error(stderr));
        else resolve({ stderr });
      });
    });
  const compiled = (stderr: string): number =>
    stderr.split("\n").filter((line) => /\/compile(\.exe)? /.test(line)).length;

  it.skipIf(!hasNginx)(
    "an empty machine compiles nothing that nginx has; without nginx it compiles, and warns once",
    async () => {
      const nginx = await startNginx(path.join(directory, "nginx"));
      const first = await build("one", nginx.url);
      expect(compiled(first.stderr)).toBeGreaterThan(5);
      // two at once, into one empty directory
      const [second, third] = await Promise.all([build("two", nginx.url), build("two", nginx.url)]);
      expect([compiled(second.stderr), compiled(third.stderr)]).toEqual([0, 0]);
      expect(readFileSync(path.join(directory, "two.out"))).toEqual(readFileSync(path.join(directory, "one.out")));
      await nginx.stop();
      const fourth = await build("two", nginx.url);
      expect(compiled(fourth.stderr)).toBe(0);
      const log = readFileSync(path.join(directory, "nginx/access.log"), "utf8");
      expect(log).toContain('"PUT /cas/');
      expect(readdirSync(path.join(directory, "nginx/files")).sort()).toEqual(["ac", "cas"]);
      // other flags for one package: the disk does not have it, the remote is gone, the build is not
      const gone = await build("one", "http://127.0.0.1:1/", "", ["-gcflags=-l"]);
      expect(compiled(gone.stderr)).toBe(1);
      expect(gone.stderr.split("\n").filter((line) => line.startsWith("pare: "))).toEqual([
        "pare: the remote cache http://127.0.0.1:1/ ECONNREFUSED: the build goes on without it",
      ]);
      // what pare wrote, the go command itself reads
      const env = {
        ...process.env,
        GOFLAGS: "",
        CGO_ENABLED: "0",
        GOCACHE: path.join(directory, "two"),
        GOCACHEPROG: "",
      };
      const own = await new Promise<string>((resolve, reject) => {
        execFile(
          "go",
          ["build", "-x", "-o", path.join(directory, "own.out"), "."],
          { cwd: subject, env },
          (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve(stderr)),
        );
      });
      expect(compiled(own)).toBe(0);
    },
  );

  it("secrets do not go into argv", async () => {
    await expect(build("one", "", "--remote http://me:secret@127.0.0.1:1/")).rejects.toThrow("PARE_CACHE_REMOTE");
  });
});
