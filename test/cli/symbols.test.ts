import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { goBuild } from "../fixture.ts";

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../src/cli/main.ts");
const shipped = goBuild({ fixture: "crash", ldflags: "-s -w", flags: ["-trimpath"] });
const twin = goBuild({ fixture: "crash", flags: ["-trimpath"] });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-symbols-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function pare(words: readonly string[], input = ""): { stdout: string; stderr: string; status: number | null } {
  const env = { ...process.env, XDG_DATA_HOME: directory };
  return spawnSync(process.execPath, [MAIN, "symbols", ...words], { encoding: "utf8", env, input });
}

interface Listed {
  readonly entries: readonly { id: string; name: string; parts: string[] }[];
}

it("keeps a twin, finds it by build ID, resolves a crash with it, serves it and lets it go", async () => {
  const added = JSON.parse(pare(["add", twin, "--of", shipped, "--json"]).stdout) as Listed;
  const [{ id, name, parts }] = added.entries;
  expect([name, parts]).toEqual(["crash", ["debuginfo", "executable"]]);
  expect((JSON.parse(pare(["list", "--json"]).stdout) as Listed).entries).toMatchObject([{ id }]);

  const trace = spawnSync(shipped, ["nil"], { encoding: "utf8", env: { GOTRACEBACK: "all" } }).stderr;
  const blind = trace.replace(/^\t\S+:\d+ \+/gm, "\t?:0 +").replace(/^main\.follow\(\.\.\.\)\n.*\n/m, "");
  expect(blind).not.toBe(trace);
  for (const subject of [id, shipped, twin]) expect(pare(["resolve", subject], blind).stdout).toBe(trace);
  const out = path.join(directory, "trace.json");
  writeFileSync(path.join(directory, "trace.txt"), blind);
  pare(["resolve", id, path.join(directory, "trace.txt"), "--json", "-o", out]);
  const document = JSON.parse(readFileSync(out, "utf8")) as {
    kind: string;
    resolved: { frames: { function: string }[] }[];
  };
  expect(document.kind).toBe("trace");
  expect(document.resolved.flatMap(({ frames }) => frames.map((frame) => frame.function))).toContain("main.follow");

  const server = spawn(process.execPath, [MAIN, "symbols", "serve", "-q"], {
    env: { ...process.env, XDG_DATA_HOME: directory },
  });
  const url = await new Promise<string>((found) =>
    server.stdout.once("data", (chunk: Buffer) => found(chunk.toString().trim())),
  );
  const answer = await fetch(`${url}/buildid/${id}/executable`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(readFileSync(shipped))).toBe(true);
  server.kill("SIGTERM");
  expect(await new Promise((ended) => server.once("close", ended))).toBe(0);

  expect(pare(["gc", "--max-size", "1"]).stdout).toMatch(/^removed 1, /);
  expect(pare(["list"]).stdout).toMatch(/^the store is empty/);
});

it("refuses a stripped file as a twin, and a twin of another program", () => {
  expect(pare(["add", shipped, "--of", twin])).toMatchObject({ status: 4, stdout: "" });
  const other = goBuild({ fixture: "hello", ldflags: "-s -w" });
  const { status, stderr } = pare(["add", twin, "--of", other]);
  expect(status).toBe(4);
  expect(stderr).toContain("their function tables differ");
});
