// The remote tier: a Bazel remote cache over HTTP, or a bucket of S3 with the same two folders.
// Specification: bazel.build/remote/caching (HTTP caching protocol): GET and PUT of /ac/<key> and /cas/<sha256>.
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { sha256 } from "./digest.ts";
import { RemoteError, RemoteSettingError } from "./failure.ts";

export interface Remote {
  /** For people: without user, password or query. */
  readonly name: string;
  /** The value, or undefined if there is none. Rejects with RemoteError. */
  get(folder: Folder, key: string, limit: number): Promise<Buffer | undefined>;
  /** Rejects with RemoteError. */
  put(folder: Folder, key: string, bytes: Uint8Array): Promise<void>;
}

export type Folder = "ac" | "cas";

const TIMEOUT = 20_000;
const CONNECTIONS = 16;
/** Hash of the body of a GET. */
const NO_BYTES = sha256(new Uint8Array(0));

/**
 * The remote that a URL names: http(s)://…/ or s3://bucket/prefix. Secrets come from the environment: a password in the URL of
 * PARE_CACHE_REMOTE, a token in PARE_CACHE_TOKEN, AWS_ACCESS_KEY_ID and its companions. Throws RemoteSettingError.
 */
export async function openRemote(text: string, env: NodeJS.ProcessEnv = process.env): Promise<Remote> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RemoteSettingError("the remote cache is no URL: http://host/path/ or s3://bucket/prefix");
  }
  if (url.protocol === "http:" || url.protocol === "https:") return openHttp(url, env);
  if (url.protocol === "s3:") return openS3(url, env);
  throw new RemoteSettingError(`the remote cache has an unknown scheme ${url.protocol}//: http, https or s3`);
}

async function openHttp(url: URL, env: NodeJS.ProcessEnv): Promise<Remote> {
  const base = new URL(url);
  [base.username, base.password, base.search, base.hash] = ["", "", "", ""];
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const headers: Record<string, string> = {};
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (env.PARE_CACHE_TOKEN) headers.authorization = `Bearer ${env.PARE_CACHE_TOKEN}`;
  else if (user !== "") {
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }
  const send = await transport(base);
  return {
    name: base.href,
    get: (folder, key, limit) => send("GET", new URL(`${folder}/${key}`, base), headers, undefined, limit),
    put: async (folder, key, bytes) => void (await send("PUT", new URL(`${folder}/${key}`, base), headers, bytes, 0)),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RemoteSettingError("user or password of the remote cache: write a % in them as %25");
  }
}

async function openS3(url: URL, env: NodeJS.ProcessEnv): Promise<Remote> {
  const [accessKeyId, secretAccessKey, sessionToken] = [
    env.AWS_ACCESS_KEY_ID,
    env.AWS_SECRET_ACCESS_KEY,
    env.AWS_SESSION_TOKEN,
  ];
  if (!accessKeyId || !secretAccessKey) {
    throw new RemoteSettingError("S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  const prefix = url.pathname.replace(/^\/+|\/+$/g, "");
  // others are written in several ways, of which a signature holds one
  if (!/^[A-Za-z0-9._/-]*$/.test(prefix)) {
    throw new RemoteSettingError(
      `the prefix /${prefix} of the remote cache: letters, digits, and . _ - / are possible`,
    );
  }
  const bucket = url.hostname;
  const host = `s3.${region}.amazonaws.com`;
  // certificates are for one word in front of the host
  const own = `https://${bucket.includes(".") ? `${host}/${bucket}` : `${bucket}.${host}`}`;
  const root = `${endpoint ? `${endpoint.replace(/\/+$/, "")}/${bucket}` : own}/${prefix}`;
  const base = new URL(root.endsWith("/") ? root : `${root}/`);
  const { AwsV4Signer } = await import("aws4fetch");
  const send = await transport(base);
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  // keys of signing that are derived once a day
  const cache = new Map<string, ArrayBuffer>();
  const signed = async (method: "GET" | "PUT", url: URL, payload: string): Promise<Record<string, string>> => {
    const headers = { "x-amz-content-sha256": payload };
    const request = { method, url: url.href, headers, service: "s3", region, cache, ...credentials };
    return Object.fromEntries((await new AwsV4Signer(request).sign()).headers);
  };
  const at = (folder: Folder, key: string): URL => new URL(`${folder}/${key}`, base);
  return {
    name: `s3://${bucket}/${prefix}`,
    get: async (folder, key, limit) => {
      const place = at(folder, key);
      return send("GET", place, await signed("GET", place, NO_BYTES), undefined, limit);
    },
    put: async (folder, key, bytes) => {
      const place = at(folder, key);
      await send("PUT", place, await signed("PUT", place, sha256(bytes)), bytes, 0);
    },
  };
}

type Send = (
  method: "GET" | "PUT",
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
  limit: number,
) => Promise<Buffer | undefined>;

/** Requests over connections that stay open; no redirects. TLS is loaded only where it is used. */
async function transport(base: URL): Promise<Send> {
  const options = { keepAlive: true, maxSockets: CONNECTIONS };
  let open: (url: URL, more: object, answer: (response: IncomingMessage) => void) => ClientRequest;
  if (base.protocol === "https:") {
    const { Agent, request } = await import("node:https");
    const agent = new Agent(options);
    open = (url, more, answer) => request(url, { ...more, agent }, answer);
  } else {
    const agent = new HttpAgent(options);
    open = (url, more, answer) => requestHttp(url, { ...more, agent }, answer);
  }
  return (method, url, headers, body, limit) =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new RemoteError(why));
      const length = body === undefined ? {} : { "content-length": String(body.length) };
      const sent = open(url, { method, headers: { ...headers, ...length }, timeout: TIMEOUT }, (response) => {
        const { statusCode = 0 } = response;
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (statusCode === 200 && method === "GET") chunks.push(chunk);
          if (size > Math.max(limit, 1 << 16)) response.destroy(new Error("the answer is larger than announced"));
        });
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          if (statusCode === 404 && method === "GET") resolve(undefined);
          else if (statusCode < 200 || statusCode > 299) fail(`answers ${statusCode}`);
          else resolve(Buffer.concat(chunks));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer in ${TIMEOUT / 1000} s`)));
      sent.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      sent.end(body);
    });
}
