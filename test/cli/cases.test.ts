// Golden cases: each .case file holds commands and, below each, exactly what it prints.
//
//   # remarks; `# mask` puts # for digits, for output that depends on the Go release
//   $ pare diff old.snapshot new.snapshot
//   what it writes to stdout
//   ! what it writes to stderr
//   = exit code, if it is not 0
//
// {hello} is a stripped executable of test/fixtures/hello. BLESS=1 rewrites the files with what is printed now.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { goBuild } from "../fixture.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const DATA = path.join(HERE, "data");
const MAIN = path.join(HERE, "../../src/cli/main.ts");

interface Case {
  readonly command: string;
  readonly expected: string;
}

function parse(source: string): { remarks: string; cases: Case[] } {
  const [remarks, ...parts] = source.split(/^\$ /m);
  const cases = parts.map((part) => {
    const end = part.indexOf("\n");
    return { command: part.slice(0, end), expected: part.slice(end + 1).trimEnd() };
  });
  return { remarks, cases };
}

let hello: string | undefined;

function subjects(word: string): string {
  if (!word.includes("{hello}")) return word;
  hello ??= goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w", flags: ["-trimpath"] });
  return word.replace("{hello}", hello);
}

function run(command: string, mask: boolean): string {
  const words = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => subjects(word.replace(/^'(.*)'$/, "$1")));
  expect(words[0]).toBe("pare");
  const env = { ...process.env, NO_COLOR: "1", COLUMNS: "100" };
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...words.slice(1)], {
    cwd: DATA,
    env,
    encoding: "utf8",
  });
  const lines = stdout.trimEnd() === "" ? [] : stdout.trimEnd().split("\n");
  for (const line of stderr.trimEnd().split("\n")) if (line !== "") lines.push(`! ${line}`);
  if (status !== 0) lines.push(`= ${status}`);
  const text = lines.join("\n");
  return mask ? text.replace(/ *\d[\d,.]*/g, (digits) => (digits.startsWith(" ") ? " #" : "#")) : text;
}

describe.each(readdirSync(HERE).filter((name) => name.endsWith(".case")))("%s", (name) => {
  const file = path.join(HERE, name);
  const { remarks, cases } = parse(readFileSync(file, "utf8"));
  const mask = /^# mask$/m.test(remarks);

  if (process.env["BLESS"]) {
    it("is blessed", () => {
      const text = cases.map(({ command }) => `$ ${command}\n${run(command, mask)}\n`).join("\n");
      writeFileSync(file, `${remarks}${text}`);
    });
  } else {
    it.each(cases)("$command", ({ command, expected }) => {
      expect(run(command, mask)).toBe(expected);
    });
  }
});
