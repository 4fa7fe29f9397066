// MinIO, an S3 server, with an empty bucket: go install github.com/minio/minio@latest, then on PATH or named by MINIO.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { freePort } from "../../src/toolchain/start.ts";

export interface Server {
  readonly remote: string;
  /** What pare must be told to reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

const USER = "bench";
const SECRET = "bench-secret";
const PATIENCE = 60_000;

/** Undefined if there is no MinIO. `directory` is made, and holds what it stores. */
export async function startMinio(directory: string): Promise<Server | undefined> {
  const program = process.env["MINIO"] ?? "minio";
  if (spawnSync(program, ["--version"]).status !== 0) return undefined;
  mkdirSync(directory);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, ["server", "--quiet", "--address", `127.0.0.1:${port}`, directory], {
    env: { ...process.env, MINIO_ROOT_USER: USER, MINIO_ROOT_PASSWORD: SECRET, MINIO_BROWSER: "off" },
    stdio: "ignore",
  });
  const stop = async (): Promise<void> => {
    const gone = once(child, "exit");
    if (child.exitCode === null && child.kill()) await gone;
  };
  const client = new AwsClient({ accessKeyId: USER, secretAccessKey: SECRET, service: "s3", region: "us-east-1" });
  for (const began = Date.now(); ; await sleep(100)) {
    const made = await client.fetch(`${url}/bucket`, { method: "PUT" }).catch(() => undefined);
    if (made?.ok === true) break;
    if (Date.now() - began < PATIENCE && child.exitCode === null) continue;
    await stop();
    throw new Error(`MinIO does not make a bucket: ${made?.status ?? "no answer"}`);
  }
  const env = { AWS_ACCESS_KEY_ID: USER, AWS_SECRET_ACCESS_KEY: SECRET, AWS_ENDPOINT_URL: url };
  return { remote: "s3://bucket/go", env, stop };
}
