// What a user gets from the registry: built JavaScript that runs in an empty folder, outside this checkout.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goBuild } from "./fixture.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FILES = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];
const work = mkdtempSync(path.join(tmpdir(), "pare-package-"));
const home = path.join(work, "home");
const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};

function npm(directory: string, ...words: string[]): string {
  return execFileSync("npm", [...words, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: directory,
    encoding: "utf8",
  });
}

function pare(...words: string[]): string {
  const bin = path.join(home, "node_modules/.bin/pare");
  const env = { ...process.env, PATH: path.dirname(process.execPath) + path.delimiter + process.env.PATH };
  return execFileSync(bin, words, { cwd: home, env, encoding: "utf8" });
}

beforeAll(() => {
  // built beside the checkout: dist may be in use by others
  const source = path.join(work, "source");
  mkdirSync(source);
  mkdirSync(home);
  for (const file of FILES) cpSync(path.join(ROOT, file), path.join(source, file));
  const tsdown = path.join(ROOT, "node_modules/tsdown/dist/run.mjs");
  const words = [tsdown, "--logLevel", "error", "--out-dir", path.join(source, "dist")];
  execFileSync(process.execPath, words, { cwd: ROOT });
  npm(source, "pack", "--ignore-scripts", "--pack-destination", work);
  writeFileSync(path.join(home, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(home, "install", "--prefer-offline", path.join(work, `pare-${manifest.version}.tgz`));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

test("the tarball holds built JavaScript and little else", () => {
  const installed = path.join(home, "node_modules/pare");
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(path.join(installed, name)).isFile(),
  );
  expect(files.filter((name) => !name.startsWith("dist")).sort()).toEqual([...FILES].sort());
  expect(files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
  const bytes = files.reduce((sum, name) => sum + statSync(path.join(installed, name)).size, 0);
  expect(bytes).toBeLessThan(2_000_000);
});

test("it brings its dependencies and no others", () => {
  const packages = readdirSync(path.join(home, "node_modules"), { encoding: "utf8" }).filter(
    (name) => !name.startsWith("."),
  );
  const scopes = Object.keys(manifest.dependencies).map((name) => name.split("/")[0]);
  expect(packages.sort()).toEqual([...new Set([...scopes, "pare"])].sort());
});

test("what it loads from beside its code is there: knowledge, and the second thread for larger files", () => {
  expect(pare("explain", "D001")).toContain("copy-before-download");
  const executable = goBuild({ fixture: "server" });
  expect(statSync(executable).size).toBeGreaterThan(4 << 20);
  const { kinds } = JSON.parse(pare("profile", "--json", executable)) as { kinds: Record<string, number> };
  expect(Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0)).toBe(statSync(executable).size);
});

test("a release is packed by the thread that does it, and S3 is there for a remote cache", () => {
  const subject = path.join(work, "subject");
  cpSync(path.join(ROOT, "test/fixtures/tiny"), subject, { recursive: true });
  const out = path.join(work, "release");
  const kept = Object.fromEntries(
    ["CACHE", "STATE", "DATA"].map((kind) => [`XDG_${kind}_HOME`, path.join(work, kind)]),
  );
  // Go's own cache is where it was
  const goCache = execFileSync("go", ["env", "GOCACHE"], { encoding: "utf8" }).trim();
  const env = { ...process.env, ...kept, GOCACHE: goCache, GOFLAGS: "" };
  const bin = path.join(home, "node_modules/.bin/pare");
  const words = ["release", "-q", "-C", subject, "--no-symbols", "--target", "linux/amd64", "windows/amd64", "-o", out];
  const ran = spawnSync(process.execPath, [bin, ...words], { cwd: home, env, encoding: "utf8" });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  const archives = readdirSync(out).filter((name) => /\.(?:tar\.gz|zip)$/.test(name));
  expect(archives).toHaveLength(2);
  execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: out, stdio: "pipe" });

  const s3 = {
    PARE_CACHE_REMOTE: "s3://bucket/",
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  };
  const get = { ID: 1, Command: "get", ActionID: Buffer.alloc(32).toString("base64") };
  const prog = spawnSync(process.execPath, [bin, "cache", "prog", "--dir", path.join(work, "local")], {
    env: { ...env, ...s3 },
    input: `${JSON.stringify(get)}\n\n`,
    encoding: "utf8",
  });
  expect(prog.stdout).toContain('{"ID":1,"Miss":true}');
  expect(prog.stderr).toBe("pare: the remote cache s3://bucket/ ECONNREFUSED: the build goes on without it\n");
});

test("the command runs", () => {
  expect(pare("--version")).toBe(`${manifest.version}\n`);
  expect(pare("--help")).toContain("pare profile");
  const executable = goBuild({ fixture: "hello" });
  const document = JSON.parse(pare("profile", "--json", executable)) as {
    schema: string;
    file: { size: number };
    kinds: Record<string, number>;
  };
  expect(document.schema).toBe("pare.snapshot/1");
  expect(document.file.size).toBe(statSync(executable).size);
  expect(Object.values(document.kinds).reduce((sum, bytes) => sum + bytes, 0)).toBe(document.file.size);
});

describe("what V8 has compiled", () => {
  const hello = goBuild({ fixture: "hello" });
  const bin = path.join(home, "node_modules/.bin/pare");
  let caches = 0;

  /** An empty cache directory of its own: where pare keeps what is compiled, and what a run there says of `executable`. */
  function place(): { kept: string; run: (executable: string, env?: NodeJS.ProcessEnv) => string } {
    const cache = path.join(work, `compiled-${caches++}`);
    const run = (executable: string, env: NodeJS.ProcessEnv = {}): string => {
      const ran = spawnSync(process.execPath, [bin, "profile", "--json", executable], {
        cwd: home,
        env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "", XDG_CACHE_HOME: cache, ...env },
        encoding: "utf8",
      });
      expect([ran.status, ran.stderr]).toEqual([0, ""]);
      return ran.stdout;
    };
    return { kept: path.join(cache, "pare/compiled"), run };
  }

  /** Each file and when it was written. */
  function state(directory: string): Record<string, number> {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return Object.fromEntries(names.map((name) => [name, statSync(path.join(directory, name)).mtimeMs]));
  }

  const rolesOf = (directory: string): string[] =>
    Object.keys(state(directory)).map((name) => name.replace(/^[0-9a-f]{16}-[0-9a-f]+-/, ""));

  /** Runs until nothing more is written: V8 has taken all that was kept. */
  function settle({ kept, run }: ReturnType<typeof place>, executable: string): string {
    for (let i = 0; i < 12; i++) {
      const before = state(kept);
      const said = run(executable);
      if (i > 0 && JSON.stringify(state(kept)) === JSON.stringify(before)) return said;
    }
    throw new Error(`what is compiled is written anew in each run: ${rolesOf(kept).join(", ")}`);
  }

  test("is kept by the first runs, and taken by the others", () => {
    const here = place();
    const first = here.run(hello);
    expect(rolesOf(here.kept)).toEqual(["profile-1"]);
    expect(settle(here, hello)).toBe(first);
    expect(statSync(here.kept).mode & 0o77).toBe(0);
  });

  test("is kept of all that a role ever loads, not of its last run", () => {
    const cache = path.join(work, "compiled-others");
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "", XDG_CACHE_HOME: cache };
    const run = (...words: string[]): string => {
      const ran = spawnSync(process.execPath, [bin, ...words], { cwd: home, env, encoding: "utf8" });
      expect([ran.status, ran.stderr]).toEqual([0, ""]);
      return JSON.stringify(state(path.join(cache, "pare/compiled")));
    };
    const both = (): string => {
      run("--help");
      return run("diff", "--json", hello, hello);
    };
    for (let i = 0; i < 4; i++) both();
    expect(both()).toBe(both());
  });

  test("is kept for the second thread too", () => {
    const here = place();
    const executable = goBuild({ fixture: "server" });
    const first = here.run(executable);
    expect(settle(here, executable)).toBe(first);
    expect(rolesOf(here.kept).sort()).toEqual(["beside", "profile-2"]);
  });

  test("is not taken where it is damaged, another build's or another user's, and is made anew", () => {
    const here = place();
    const said = settle(here, hello);
    const [name] = readdirSync(here.kept);
    const file = path.join(here.kept, name);
    const good = readFileSync(file);
    const half = good.length / 2;
    const changed = Buffer.from(good);
    changed[half >> 1] ^= 1;
    const junk = Buffer.from('\x10\0\0\0{"runs": 1, "parts": 7}');
    const damaged = [
      Buffer.alloc(0),
      good.subarray(0, half),
      good.subarray(0, half + 7),
      good.subarray(8),
      changed,
      Buffer.alloc(good.length),
      Buffer.concat([junk, junk]),
    ];
    for (const bytes of damaged) {
      writeFileSync(file, bytes);
      expect(here.run(hello)).toBe(said);
      const made = readFileSync(file);
      expect(made.length).toBeGreaterThan(half);
      expect(made.subarray(0, made.length / 2).equals(made.subarray(made.length / 2))).toBe(true);
    }
    const other = path.join(here.kept, `0123456789abcdef-${name.split("-")[1]}-profile-1`);
    writeFileSync(other, good);
    writeFileSync(`${file}.1.tmp`, good);
    writeFileSync(file, "");
    expect(settle(here, hello)).toBe(said);
    expect(readdirSync(here.kept)).toEqual([name]);
    if (process.geteuid?.() === 0) {
      chownSync(file, 12_345, 12_345);
      expect(here.run(hello)).toBe(said);
      expect(statSync(file).uid).toBe(0);
    }
  });

  test("is not kept where it can't be, or must not", () => {
    const homeless = `process.getBuiltinModule("node:os").homedir = () => { throw new Error("no home") }`;
    const env: NodeJS.ProcessEnv = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "" };
    delete env.XDG_CACHE_HOME;
    const words = ["--import", `data:text/javascript,${homeless}`, bin, "--version"];
    const ran = spawnSync(process.execPath, words, { cwd: home, env, encoding: "utf8" });
    expect([ran.status, ran.stderr, ran.stdout]).toEqual([0, "", `${manifest.version}\n`]);

    const here = place();
    const said = here.run(hello, { NODE_DISABLE_COMPILE_CACHE: "1" });
    expect(state(here.kept)).toEqual({});
    mkdirSync(path.dirname(here.kept), { recursive: true });
    writeFileSync(here.kept, "a file");
    expect(here.run(hello)).toBe(said);
    expect(readFileSync(here.kept, "utf8")).toBe("a file");
  });
});

test("every asset is shipped where the code looks for it", () => {
  const source = path.join(ROOT, "src");
  const assets = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(path.join(source, name)).isFile() && !name.endsWith(".ts"))
    // a module's assets lie in a folder beside it; modules become chunks that lie flat in dist
    .map((name) => name.split(path.sep).slice(-2).join(path.sep));
  expect(assets).not.toEqual([]);
  for (const name of readdirSync(path.join(ROOT, "knowledge"))) assets.push(path.join("knowledge", name));
  const dist = path.join(home, "node_modules/pare/dist");
  expect(assets.filter((name) => !existsSync(path.join(dist, name)))).toEqual([]);
});

test("an old Node is told so in one line", () => {
  const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } })';
  const bin = path.join(home, "node_modules/.bin/pare");
  const ran = spawnSync(process.execPath, ["--import", `data:text/javascript,${old}`, bin, "--help"], {
    encoding: "utf8",
  });
  expect(ran.stderr).toBe("pare: Node 22.18 or newer is needed, this is 20.19.0\n");
  expect(ran.status).toBe(3);
});

test("the library runs", () => {
  const code = `
    import { readFileSync } from "node:fs";
    import { profile, snapshot } from "pare";
    const bytes = readFileSync(${JSON.stringify(goBuild({ fixture: "hello" }))});
    const summary = snapshot(profile(bytes), { name: "hello", sha256: "" });
    process.stdout.write(String(summary.file.size - bytes.length));
  `;
  const words = ["--input-type=module", "-e", code];
  expect(execFileSync(process.execPath, words, { cwd: home, encoding: "utf8" })).toBe("0");
});
