// A release as a user runs it: what is built, what is not, and that the same commit gives the same bytes.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { artifactsSchema, releaseSchema } from "../../src/release/schema.ts";
import { Project, TARGETS } from "./project.ts";

const made: Project[] = [];
function project(files: Readonly<Record<string, string>> = {}, name?: string): Project {
  const one = new Project(files, name);
  made.push(one);
  return one;
}
afterAll(() => made.forEach((each) => each.remove()));

const all = (state: string) => Object.fromEntries(TARGETS.map((target) => [target, state]));
const isExecutable = (name: string) => !name.includes(".") || name.endsWith(".exe") || name.endsWith(".wasm");

describe("one project", () => {
  const app = project();
  let first: Record<string, string>;
  beforeAll(() => {
    const { stdout, stderr, code } = app.run(["--json"]);
    expect({ code, stderr: stderr.replaceAll(/^app .*\n/gm, "") }).toEqual({ code: 0, stderr: "" });
    const { items } = releaseSchema.parse(JSON.parse(stdout));
    expect(items.map(({ state }) => state)).toEqual(TARGETS.map(() => "built"));
    if (process.platform === "linux") expect(items[0].peakBytes).toBeGreaterThan(10e6);
    first = app.hashes();
  }, 300_000);

  it("has programs, archives, bills, provenance, and checksums that are right", () => {
    expect(Object.keys(first)).toEqual([
      "SHA256SUMS",
      ...["darwin_arm64.cdx.json", "darwin_arm64.tar.gz", "js_wasm.cdx.json", "js_wasm.tar.gz"].map(
        (name) => `app_1.0.0_${name}`,
      ),
      ...["linux_amd64.cdx.json", "linux_amd64.tar.gz", "linux_arm64.cdx.json", "linux_arm64.tar.gz"].map(
        (name) => `app_1.0.0_${name}`,
      ),
      ...["windows_amd64.cdx.json", "windows_amd64.zip"].map((name) => `app_1.0.0_${name}`),
      "app_darwin_arm64/app",
      "app_js_wasm/app.wasm",
      "app_linux_amd64/app",
      "app_linux_arm64/app",
      "app_windows_amd64/app.exe",
      "artifacts.json",
      "provenance.intoto.json",
    ]);
    execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: app.dist, stdio: "pipe" });
    const release = artifactsSchema.parse(JSON.parse(readFileSync(path.join(app.dist, "artifacts.json"), "utf8")));
    for (const { path: name, sha256, size } of release.artifacts) {
      expect(first[name]).toBe(sha256);
      expect(statSync(path.join(app.dist, name)).size).toBe(size);
    }
  });

  it("has programs that are what go build gives", () => {
    const file = path.join(app.base, "plain");
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", file];
    execFileSync("go", ["build", ...flags], {
      cwd: app.root,
      env: { ...process.env, GOOS: "windows", GOARCH: "amd64", CGO_ENABLED: "0", GOFLAGS: "" },
    });
    expect(readFileSync(file).equals(readFileSync(path.join(app.dist, "app_windows_amd64/app.exe")))).toBe(true);
  });

  it("builds nothing when nothing changed, and does not ask what is the case", () => {
    const go = app.watchGo();
    expect(app.states([], go.env)).toEqual(all("unchanged"));
    go.asked();
    expect(app.states([], go.env)).toEqual(all("unchanged"));
    // a wrapper in go's place may choose another Go each time: only that is asked
    expect(go.asked()).toEqual(["env"]);
    expect(app.hashes()).toEqual(first);
  });

  it("builds nothing when files were only touched", () => {
    const now = new Date();
    for (const name of ["main.go", "go.mod", "name_windows.go"]) utimesSync(path.join(app.root, name), now, now);
    const go = app.watchGo();
    expect(app.states([], go.env)).toEqual(all("unchanged"));
    expect(go.asked()).not.toContain("build");
    expect(app.hashes()).toEqual(first);
  });

  it("builds nothing when documents changed, though the archives hold them", () => {
    app.write({ "README.md": "# Changed\n", "docs/more.md": "more\n" });
    const go = app.watchGo();
    expect(app.states([], go.env)).toEqual(all("unchanged"));
    expect(go.asked()).not.toContain("build");
    const now = app.hashes();
    const changed = Object.keys(now).filter(
      (name) => isExecutable(path.basename(name)) && first[name] !== now[name] && name !== "SHA256SUMS",
    );
    expect(changed).toEqual([]);
    expect(Object.keys(now).filter((name) => name.endsWith("dirty_linux_amd64.tar.gz"))).toHaveLength(1);
    app.git("checkout", "-q", "README.md");
    rmSync(path.join(app.root, "docs"), { recursive: true });
    expect(app.states()).toEqual(all("unchanged"));
    // and what was only of that state is gone again
    expect(app.hashes()).toEqual(first);
  });

  it("builds Windows alone when a file for Windows changed, says why, and goes back from the store", () => {
    const text = readFileSync(path.join(app.root, "name_windows.go"), "utf8");
    app.write({ "name_windows.go": text.replace('"windows"', '"Windows"') });
    const { stdout } = app.run(["--dry-run", "--explain"]);
    expect(stdout).toMatch(/app windows\/amd64 +built .*name_windows.go changed/);
    expect(stdout).toMatch(/app linux\/amd64 +left as it is .*nothing that it depends on changed/);
    expect(app.states()).toEqual({ ...all("unchanged"), "windows/amd64": "built" });
    app.write({ "name_windows.go": text });
    expect(app.states()).toEqual({ ...all("unchanged"), "windows/amd64": "restored" });
    expect(app.hashes()).toEqual(first);
  });

  it("restores what was deleted, and builds what the store lost or holds damaged", () => {
    rmSync(app.dist, { recursive: true });
    expect(app.states()).toEqual(all("restored"));
    expect(app.hashes()).toEqual(first);
    rmSync(app.dist, { recursive: true });
    const blob = path.join(
      app.base,
      "cache/pare/release/store/blobs",
      first["app_js_wasm/app.wasm"].slice(0, 2),
      first["app_js_wasm/app.wasm"],
    );
    const bytes = readFileSync(blob);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(blob, bytes);
    expect(app.states()).toEqual({ ...all("restored"), "js/wasm": "built" });
    expect(app.hashes()).toEqual(first);
  });

  it("is the same when it is made in shares, on machines that remember nothing, and joined", () => {
    const words = (n: number) => ["--no-symbols", "--shard", `${n}/2`, "-o", path.join(app.base, `shard-${n}`)];
    const env = { XDG_STATE_HOME: path.join(app.base, "none") };
    for (const n of [1, 2]) expect(app.run(words(n), env).code).toBe(0);
    const joined = path.join(app.base, "joined");
    const merge = (...shards: number[]) =>
      app.run(["merge", ...shards.map((n) => path.join(app.base, `shard-${n}`)), "-o", joined]);
    expect(merge(1)).toMatchObject({ code: 4, stderr: expect.stringContaining("in none of the shards") as string });
    expect(merge(1, 2, 2)).toMatchObject({ code: 4, stderr: expect.stringContaining("is in ") as string });
    expect(existsSync(path.join(joined, "SHA256SUMS"))).toBe(false);
    expect(merge(2, 1).code).toBe(0);
    expect(app.hashes(joined)).toEqual(first);
    const damaged = path.join(app.base, "shard-1/app_linux_amd64/app");
    writeFileSync(damaged, "x");
    rmSync(joined, { recursive: true });
    expect(merge(1, 2).stderr).toContain("missing, or not what its artifacts.json says");
  });

  it("is shared out for GitHub, each job with words that name what it makes", () => {
    const { include } = JSON.parse(app.run(["--ci", "github", "--jobs-in-matrix", "2"]).stdout) as {
      include: { args: string }[];
    };
    expect(include).toHaveLength(2);
    const out = path.join(app.base, "job");
    const { stdout } = app.run([...include[1].args.split(" "), "--json", "--no-symbols", "-o", out]);
    const { items } = JSON.parse(stdout) as { items: { id: string }[] };
    expect(`--only ${items.map(({ id }) => id.replace(" ", ":")).join(",")}`).toBe(include[1].args);
    expect(app.run(["--only", "app:linux/none"])).toMatchObject({ code: 2 });
  });

  it("keeps twins with symbols", () => {
    const entries = readdirSync(path.join(app.base, "data/pare/symbols"));
    expect(entries.length).toBeGreaterThanOrEqual(TARGETS.length - 1);
  });

  it("gives the same bytes in another directory, for another user, under another umask, time zone and locale", () => {
    const other = project({}, "elsewhere/deeper/app2");
    const settings = {
      TZ: "Asia/Kathmandu",
      LC_ALL: "tr_TR.UTF-8",
      LANG: "tr_TR.UTF-8",
      USER: "other",
      HOME: other.base,
    };
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    // another number for the same user, where the system lets one have it
    const user = ["unshare", "--user", "--map-user=4242"];
    const isAllowed = spawnSync(user[0], [...user.slice(1), "true"]).status === 0;
    const before = process.umask(0o077);
    try {
      const { status, stderr } = other.runIn(["env", ...words, ...(isAllowed ? user : [])], ["-q", "--no-symbols"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    } finally {
      process.umask(before);
    }
    expect(other.hashes()).toEqual(first);
  });

  it("is undone by no kill: what is there is whole, and the next run completes it", async () => {
    for (const milliseconds of [250, 600, 900]) {
      rmSync(app.dist, { recursive: true, force: true });
      rmSync(path.join(app.base, "cache"), { recursive: true, force: true });
      await app.kill(["--no-symbols"], milliseconds);
      if (existsSync(app.dist)) {
        for (const [name, hash] of Object.entries(app.hashes()))
          if (!name.startsWith(".") && !name.includes("/.") && !name.endsWith(".tmp"))
            expect([name, hash]).toEqual([name, first[name]]);
      }
      expect(app.run(["--no-symbols"]).code).toBe(0);
      expect(app.hashes()).toEqual(first);
    }
  }, 300_000);
});

describe("refused", () => {
  it.each([
    [
      "a target that Go does not know",
      "release: { targets: [linux/amd64, linux/sparc] }",
      2,
      /^pare: pare\.yaml:1:35: Go knows no linux\/sparc/m,
    ],
    [
      "a path that leads out",
      'release: { builds: [{ package: "../x" }] }',
      2,
      /^pare: pare\.yaml:1:23: .*leads out of the project/m,
    ],
    ["a flag for a package", "release: { builds: [{ package: '-toolexec=touch' }] }", 2, /: a path, no flag/],
    ["a name with a newline", 'release: { name: "a\\nb" }', 2, /^pare: pare\.yaml:1:12: release\.name: no file name/m],
    ["a name for a shell", "release: { builds: [{ package: ., name: '$(touch x)' }] }", 2, /no file name/],
    [
      "a package that is not there",
      "release: { targets: [linux/amd64], builds: [{ package: example.com/none }] }",
      4,
      /there is no Go package example\.com\/none/,
    ],
    [
      "a directory that is not there",
      "release: { targets: [linux/amd64], builds: [{ package: . }, { package: ./cmd/none, name: none }] }",
      2,
      /^pare: pare\.yaml:1:63: there is no directory \.\/cmd\/none/m,
    ],
    [
      "a package that is no program",
      "release: { targets: [linux/amd64], builds: [{ package: ./lib }] }",
      2,
      /example\.com\/app\/lib is not a program/,
    ],
    [
      "a file that is not there",
      "release: { targets: [linux/amd64], archive: { files: [NOTICE] } }",
      2,
      /^pare: pare\.yaml:1:55: there is no file NOTICE/m,
    ],
    [
      "a link that leads out",
      "release: { targets: [linux/amd64], archive: { files: [link] } }",
      4,
      /link: a link that leads out/,
    ],
  ])("%s", (_, yaml, code, message) => {
    const app = project({ "pare.yaml": `${yaml}\n`, "lib/lib.go": "package lib\n" });
    execFileSync("ln", ["-s", "/etc/passwd", path.join(app.root, "link")]);
    const ran = app.run(["--no-symbols"]);
    expect(ran.stderr).toMatch(message);
    expect(ran.code).toBe(code);
    expect(existsSync(path.join(app.root, "x"))).toBe(false);
  });

  it("an epoch that is no number", () => {
    const ran = project().run([], { SOURCE_DATE_EPOCH: "yesterday" });
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('SOURCE_DATE_EPOCH is "yesterday"')]);
  });

  it("a program that does not compile: its message once; the others are built with --keep-going", () => {
    const app = project({ "name_windows.go": "package main\n\nfunc name() string { return 1 }\n" });
    const ran = app.run(["--no-symbols", "--keep-going", "--target", "linux/amd64", "windows/amd64"]);
    expect(ran.code).toBe(6);
    expect(ran.stderr.match(/cannot use 1/g)).toHaveLength(1);
    // what go build -v says of packages that went well is not part of it
    expect(ran.stderr).not.toMatch(/^example\.com\/app$/m);
    expect(existsSync(path.join(app.dist, "app_linux_amd64/app"))).toBe(true);
    expect(existsSync(path.join(app.dist, "SHA256SUMS"))).toBe(false);
  });

  it("a second release in the same directory; the lock of one that is gone is taken over", async () => {
    const app = project();
    const holder = spawn("sleep", ["100"]);
    const lock = path.join(app.dist, ".pare.lock");
    execFileSync("mkdir", [app.dist]);
    const began = readFileSync(`/proc/${holder.pid}/stat`, "latin1").split(") ")[1].split(" ")[19];
    const hostname = execFileSync("hostname", { encoding: "utf8" }).trim();
    writeFileSync(lock, JSON.stringify({ pid: holder.pid, host: hostname, began }));
    const words = ["--no-symbols", "--target", "linux/amd64"];
    const busy = app.run(words);
    expect([busy.code, busy.stderr]).toEqual([2, expect.stringContaining(`another release (process ${holder.pid})`)]);
    // the same number, but another process
    writeFileSync(lock, JSON.stringify({ pid: holder.pid, host: hostname, began: "1" }));
    expect(app.run(words).code).toBe(0);
    holder.kill();
    await new Promise((resolve) => holder.once("exit", resolve));
    writeFileSync(lock, JSON.stringify({ pid: holder.pid, host: hostname, began }));
    expect(app.run(words).code).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });
});
