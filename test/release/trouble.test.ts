// What a machine can do to a release: a disk that is full, systems that pare cannot read, other machines that remember other things.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { releaseSchema } from "../../src/release/schema.ts";
import { Project } from "./project.ts";

const made: Project[] = [];
function project(files: Readonly<Record<string, string>> = {}): Project {
  const one = new Project(files);
  made.push(one);
  return one;
}
afterAll(() => made.forEach((each) => each.remove()));

const WORDS = ["-q", "--no-symbols", "--target", "linux/amd64", "linux/arm64"];

describe("a full disk", () => {
  /** Whether a small disk of one's own can be had; as another user than root, not every machine lets one. */
  const space = process.getuid?.() === 0 ? ["-m"] : ["-rm"];
  const mountable = (): boolean => {
    const at = mkdtempSync(path.join(tmpdir(), "pare-mount-"));
    const ran = spawnSync("unshare", [...space, "mount", "-t", "tmpfs", "none", at]);
    rmSync(at, { recursive: true });
    return ran.status === 0;
  };
  /** Runs the same release twice, first without and then with space; between them says what is there under a final name. */
  const between = 'echo "code $?"; (cd dist && find . -type f -not -path "*/.*" -exec sha256sum {} +); echo "then"';
  const after = 'echo "code $?"; (cd dist && sha256sum --check --strict --quiet SHA256SUMS && echo whole)';
  const onSmallDisk = `mount -t tmpfs -o size=3m none dist && { "$@"; ${between}; mount -o remount,size=300m dist; "$@"; ${after}; }`;
  // where no disk can be had, no file may be larger than 512 blocks
  const withSmallFiles = `(trap "" XFSZ; ulimit -f 512; "$@"; ${between}); "$@"; ${after}`;

  const ways: [string, ...string[]][] = [["sh", "-c", withSmallFiles, "sh"]];
  if (mountable()) ways.push(["unshare", ...space, "sh", "-c", onSmallDisk, "sh"]);
  it.each(ways.map((way) => ({ way })))(
    "is said, nothing is half there, and the next release is whole: $way.0",
    ({ way }) => {
      const app = project();
      expect(app.run(WORDS).code).toBe(0);
      const whole = app.hashes();
      rmSync(app.dist, { recursive: true });
      rmSync(path.join(app.base, "cache"), { recursive: true });
      mkdirSync(app.dist);
      const { status, stdout, stderr } = app.runIn(way, WORDS);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringMatching(/^pare: [\s\S]*(?:no space (?:is )?left|file too large)/) as string,
      });
      const [first, second] = stdout.split("then\n");
      const [code, ...files] = first.trimEnd().split("\n");
      expect(code).toMatch(/^code [46]$/);
      for (const line of files) {
        const [hash, name] = line.split("  ./");
        expect([name, hash]).toEqual([name, whole[name]]);
      }
      expect(first).not.toContain("SHA256SUMS");
      expect(second).toMatch(/^code 0\nwhole\n$/m);
    },
    300_000,
  );
});

describe("symbols", () => {
  it("that cannot be kept are a warning that names the file, each time, at the price of no build", () => {
    const app = project();
    const words = ["--target", "plan9/amd64"];
    const warning = /^pare: app_plan9_amd64\/app: its symbols are not kept: .*Plan 9/m;
    const first = app.run(words);
    expect([first.code, first.stderr]).toEqual([0, expect.stringMatching(warning)]);
    const bill = readFileSync(path.join(app.dist, "app_1.0.0_plan9_amd64.cdx.json"), "utf8");
    expect(bill).toContain("example.com/app");
    const go = app.watchGo();
    const second = app.run([...words, "--json"], go.env);
    expect(second.stderr).toMatch(warning);
    expect(releaseSchema.parse(JSON.parse(second.stdout)).warnings).toHaveLength(1);
    expect(go.asked()).not.toContain("build");
  }, 300_000);
});

describe("shares", () => {
  const TARGETS = ["linux/amd64", "linux/arm64", "windows/amd64"];
  const app = project({ "pare.yaml": `release: { targets: [${TARGETS.join(", ")}] }\n` });
  const planned = (words: readonly string[], env: NodeJS.ProcessEnv = {}): string[] => {
    const { stdout, stderr, code } = app.run(["--dry-run", ...words], env);
    if (code !== 0) throw new Error(stderr);
    return TARGETS.filter((target) => stdout.includes(`app ${target}`));
  };
  const document = (seconds: readonly number[]): string => {
    const file = { path: "app", size: 1, change: null };
    const items = TARGETS.map((target, i) => ({
      id: `app ${target}`,
      state: seconds[i] === 0 ? "unchanged" : "built",
      why: [],
      seconds: seconds[i],
      cpuSeconds: 0,
      peakBytes: 0,
      compiled: 0,
      packages: 0,
      executable: file,
      archive: null,
      systemPackages: [],
    }));
    const head = { schema: "pare.release/1", project: "app", version: "1", goVersion: "go1.26", output: "dist" };
    return JSON.stringify({ ...head, items, seconds: 1, warnings: [] });
  };

  it("do not depend on what a machine remembers", () => {
    const before = planned(["--shard", "1/2"]);
    // this machine has built, and remembers
    expect(app.run(["-q", "--no-symbols"]).code).toBe(0);
    expect(existsSync(path.join(app.base, "state/pare/costs.json"))).toBe(true);
    for (const XDG_STATE_HOME of [path.join(app.base, "state"), path.join(app.base, "none")])
      expect(planned(["--shard", "1/2"], { XDG_STATE_HOME })).toEqual(before);
  });

  it("are balanced by the document of an earlier release", () => {
    const file = path.join(app.base, "release.json");
    writeFileSync(file, document([1, 1, 10]));
    expect(planned(["--shard", "1/2", "--costs", file])).toEqual(["windows/amd64"]);
    expect(planned(["--shard", "2/2", "--costs", file])).toEqual(["linux/amd64", "linux/arm64"]);
    // what is not known counts as the mean of the others
    writeFileSync(file, document([9, 0, 1]));
    expect(planned(["--shard", "1/2", "--costs", file])).toEqual(["linux/amd64"]);
    const { include } = JSON.parse(app.run(["--ci", "github", "--jobs-in-matrix", "2", "--costs", file]).stdout) as {
      include: { args: string }[];
    };
    expect(include[0].args).toBe("--only app:linux/amd64");
  });

  it("by anything else are refused", () => {
    const file = path.join(app.base, "other.json");
    execFileSync("sh", ["-c", `echo '{"schema":"pare.release/1"}' >'${file}'`]);
    expect(app.run(["--dry-run", "--shard", "1/2", "--costs", file])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("not what pare release --json prints") as string,
    });
    expect(app.run(["--dry-run", "--shard", "1/2", "--costs", `${file}.none`]).code).toBe(4);
  });
});
