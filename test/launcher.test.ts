// bin/pare: the command from a checkout, wherever it is called from.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { goBuild } from "./fixture.ts";

const LAUNCHER = join(import.meta.dirname, "../bin/pare");
const work = realpathSync(mkdtempSync(join(tmpdir(), "pare-launcher-")));

afterAll(() => rmSync(work, { recursive: true }));

function run(
  command: string,
  words: readonly string[],
  cwd: string,
): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(command, words, { cwd, encoding: "utf8" });
}

/** A checkout of nothing but a source and a built program that each print their name and arguments. */
function checkout(name: string): string {
  const root = join(work, name);
  const program = (path: string, says: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `console.log(${JSON.stringify(says)}, ...process.argv.slice(2));\n`);
  };
  program("src/cli/main.ts", "source");
  program("dist/cli/main.js", "built");
  writeFileSync(join(root, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(root, "bin"));
  cpSync(LAUNCHER, join(root, "bin/pare"));
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  symlinkSync(process.execPath, join(root, "node_modules/.bin/node"));
  return root;
}

test("a relative path is relative to the caller, through links too", () => {
  const executable = goBuild({ fixture: "hello" });
  const here = join(work, "here");
  mkdirSync(join(here, "links"), { recursive: true });
  symlinkSync(LAUNCHER, join(here, "links/first"));
  symlinkSync("first", join(here, "links/pare"));
  symlinkSync(executable, join(here, "program"));
  const { stdout, stderr, status } = run("links/pare", ["profile", "./program"], here);
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^program {2}/);
});

test("the built program runs while no source is newer", () => {
  const root = checkout("fresh");
  const command = join(root, "bin/pare");
  utimesSync(join(root, "src/cli/main.ts"), 1000, 1000);
  for (const directory of ["src", "src/cli"]) utimesSync(join(root, directory), 1000, 1000);
  expect(run(command, ["a b", "--c"], work).stdout).toBe("built a b --c\n");
  utimesSync(join(root, "src/cli/main.ts"), 4e9, 4e9);
  expect(run(command, [], work).stdout).toBe("source\n");
  rmSync(join(root, "dist"), { recursive: true });
  expect(run(command, [], work).stdout).toBe("source\n");
});

test("without packages it says what to do", () => {
  const root = checkout("bare");
  rmSync(join(root, "node_modules"), { recursive: true });
  const { stderr, status } = run(join(root, "bin/pare"), ["--version"], work);
  expect(stderr).toBe(`pare: the packages of ${root} are not installed: run \`npm ci\` there\n`);
  expect(status).toBe(3);
});
