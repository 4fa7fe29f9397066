// A debuginfod server over the store. Protocol: debuginfod(8), WEBAPI: /buildid/<id>/debuginfo, /executable, /source/<path>.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, createZstdDecompress } from "node:zlib";
import { type Entry, findEntry, markUsed, type Part, PARTS, pathOf, type Store, type StoredFile } from "./store.ts";

export interface ServeOptions {
  readonly port: number;
  /** Names besides localhost that clients may call this server by, for one behind a proxy. */
  readonly hosts?: readonly string[];
  /** Requests as they are answered. */
  readonly onRequest?: (event: { readonly path: string; readonly status: number }) => void;
  /** Stored files that are damaged. */
  readonly onDamage?: (path: string) => void;
}

/** Serves a store on 127.0.0.1 until `close`. Rejects if the port is taken. */
export async function serveStore(store: Store, options: ServeOptions): Promise<{ port: number; close: () => void }> {
  const server: Server = createServer((request, response) => {
    void answer(store, request, response, options).then((status) =>
      options.onRequest?.({ path: request.url ?? "", status }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port, close };
}

function refuse(response: ServerResponse, status: number, why: string): number {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${why}\n`);
  return status;
}

async function answer(
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<number> {
  // a page that a browser shows may resolve its own name to this machine
  if (!isAllowedHost(request.headers.host ?? "", options.hosts ?? [])) return refuse(response, 403, "unknown host");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return refuse(response, 405, "only GET and HEAD");
  }
  const [, prefix, id = "", part = "", ...more] = (request.url ?? "").split("/");
  if (prefix !== "buildid" || more.length > 0 || !isPart(part)) return refuse(response, 404, "not found");
  const entry = findEntry(store, id);
  const file = entry?.files[part];
  if (!entry || !file) return refuse(response, 404, "not found");
  markUsed(store, entry);
  await send(store, { entry, part, file }, request, response, options);
  return 200;
}

const isPart = (text: string): text is Part => PARTS.some((part) => part === text);

function isAllowedHost(header: string, more: readonly string[]): boolean {
  const host = header.replace(/:\d+$/, "").toLowerCase();
  return ["127.0.0.1", "localhost", "[::1]", ...more].includes(host);
}

async function send(
  store: Store,
  { entry, part, file }: { entry: Entry; part: Part; file: StoredFile },
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  const path = pathOf(store, entry, part);
  const encoding = encodingOf(request.headers["accept-encoding"] ?? "");
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("x-debuginfod-size", String(file.size));
  response.setHeader("vary", "accept-encoding");
  if (encoding !== "identity") response.setHeader("content-encoding", encoding);
  if (encoding !== "gzip") response.setHeader("content-length", encoding === "zstd" ? file.stored : file.size);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const source = createReadStream(path);
  try {
    if (encoding === "zstd") await pipeline(source, new Verified(file.storedSha256), response);
    else if (encoding === "gzip") {
      await pipeline(source, createZstdDecompress(), new Verified(file.sha256), createGzip({ level: 1 }), response);
    } else await pipeline(source, createZstdDecompress(), new Verified(file.sha256), response);
  } catch (error) {
    // the answer stays incomplete, which its receiver sees; one that went away itself is none of ours
    response.destroy();
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") options.onDamage?.(path);
  }
}

/** What is stored goes out as it is if the client can read it. */
function encodingOf(accepted: string): "zstd" | "gzip" | "identity" {
  const names = accepted
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => !/;\s*q=0(\.0*)?$/.test(word))
    .map((word) => word.replace(/;.*$/, "").trim());
  return names.includes("zstd") ? "zstd" : names.includes("gzip") ? "gzip" : "identity";
}

/** Passes bytes on, but holds the last ones back until the hash of all is seen to be right. */
class Verified extends Transform {
  private readonly wanted: string;
  private readonly hash: Hash = createHash("sha256");
  private held: Buffer | undefined;

  constructor(wanted: string) {
    super();
    this.wanted = wanted;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk);
    const ready = this.held;
    this.held = chunk;
    done(null, ready);
  }

  override _flush(done: TransformCallback): void {
    if (this.hash.digest("hex") === this.wanted) done(null, this.held);
    else done(new Error("the stored file is damaged"));
  }
}
