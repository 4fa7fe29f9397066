// Real servers that speak what remote caches speak: nginx with DAV for Bazel's HTTP protocol, moto for S3.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "../../src/toolchain/start.ts";
import { MOTO } from "../tools.ts";

export const hasNginx = spawnSync("nginx", ["-v"]).error === undefined;

export interface Served {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (tries === 3000) throw error;
      await new Promise((later) => setTimeout(later, 20));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await closed;
}

/** nginx as the README says: PUT by DAV, nothing else. Its files and access.log are in `root`. */
export async function startNginx(root: string): Promise<Served> {
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
  await answers(url);
  return { url, stop: () => stop(child) };
}

export interface Bucket extends Served {
  /** What pare reads of the environment, for the bucket "bucket". */
  readonly env: Readonly<Record<string, string>>;
}

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});
/** moto finds out by it which of its services is meant. */
const SERVICE = "AWS4-HMAC-SHA256 Credential=x/20240101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";

/** moto with one user and one bucket. From then on it computes every signature itself, and refuses what differs. */
export async function startMoto(): Promise<Bucket> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const preparations = 4;
  const child = spawn(MOTO!, ["-H", "127.0.0.1", "-p", String(port)], {
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: String(preparations) },
    stdio: "ignore",
  });
  await answers(`${url}/moto-api/`);
  const ask = async (action: string, more: Record<string, string> = {}): Promise<string> => {
    const body = new URLSearchParams({ Action: action, UserName: "user", Version: "2010-05-08", ...more });
    const response = await fetch(url, { method: "POST", body, headers: { authorization: SERVICE } });
    return response.text();
  };
  await ask("CreateUser");
  await ask("PutUserPolicy", { PolicyName: "all", PolicyDocument: POLICY });
  const key = await ask("CreateAccessKey");
  const [, id] = /<AccessKeyId>(.*?)</.exec(key)!;
  const [, secret] = /<SecretAccessKey>(.*?)</.exec(key)!;
  await fetch(`${url}/bucket`, { method: "PUT" });
  const env = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_ENDPOINT_URL: url };
  return { url, env, stop: () => stop(child) };
}
