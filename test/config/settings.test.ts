// pare.yaml: what is refused and where, which file is in force, and where each value comes from.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { newProjectFile, projectFile } from "../../src/config/discover.ts";
import { ConfigError } from "../../src/config/failure.ts";
import { readConfig } from "../../src/config/read.ts";
import { milliseconds, projectSchema } from "../../src/config/schema.ts";
import { staysInside } from "../../src/config/words.ts";
import { loadSettings } from "../../src/config/settings.ts";

function problems(text: string): string[] {
  try {
    readConfig("pare.yaml", text, projectSchema);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split("\n");
  }
}

describe("a file", () => {
  it("may be empty, or only remarks", () => {
    expect(readConfig("pare.yaml", "", projectSchema).config).toEqual({});
    expect(readConfig("pare.yaml", "# nothing yet\n", projectSchema).config).toEqual({});
  });

  it("holds variants; numbers in the environment are words", () => {
    const text = "lab:\n  variants:\n    tiny: { from: -s -w, tags: [nomsgpack], env: { CGO_ENABLED: 0 } }\n";
    expect(readConfig("pare.yaml", text, projectSchema).config.lab?.variants).toEqual({
      tiny: { from: "-s -w", tags: ["nomsgpack"], env: { CGO_ENABLED: "0" } },
    });
  });

  it.each([
    ["pakage: .", 'pare.yaml:1:1: unknown key "pakage" (Did you mean package?)'],
    ["lab:\n  varants: {}", 'pare.yaml:2:3: unknown key "varants" (Did you mean variants?)'],
    ["lab:\n  variants:\n    a:\n      flgs: []", 'pare.yaml:4:7: unknown key "flgs" (Did you mean flags?)'],
    ["colour: red", 'pare.yaml:1:1: unknown key "colour" (known: package, lab, release, chosen)'],
    ["package: [a]", "pare.yaml:1:1: package: a word is needed"],
    ["- package", "pare.yaml:1:1: the file: a map is needed"],
    ["lab:\n  timeout: soon", "pare.yaml:2:3: lab.timeout: write 500ms, 10s or 2m"],
    ["lab:\n  ready: now", "pare.yaml:2:3: lab.ready: write auto, exit, output:REGEX, port:NUMBER or port:{port}"],
    [
      "lab: { scenario: laptop }",
      "pare.yaml:1:8: lab.scenario: write one of server, serverless, cli, size, embedded, wasm, development",
    ],
    ["chosen: {}", "pare.yaml:1:1: chosen.variant: a word is needed"],
    ["package: .\npackage: x", "pare.yaml:2:1: Map keys must be unique"],
    ["lab: *nothing", "pare.yaml: Unresolved alias (the anchor must be set before the alias): nothing"],
    ["package: !!js/function x", "pare.yaml:1:10: Unresolved tag: tag:yaml.org,2002:js/function"],
  ])("%j is refused, where it has a place there", (text, message) => {
    expect(problems(text)).toEqual([message]);
  });

  it.each([
    ["package: ../other", "leads out of the project"],
    ["package: /etc", "leads out of the project"],
    ["package: -o", "no flag"],
    ['lab: { run: ["a\\nb"] }', "no control characters"],
    ['lab: { variants: { a: { flags: ["-tags=x\\0"] } } }', "no control characters"],
    ["lab: { variants: { a: { flags: [-toolexec=rm] } } }", "-toolexec cannot be set here"],
    ["lab: { variants: { a: { flags: [--o, x] } } }", "--o cannot be set here"],
    ["lab: { variants: { a: { flags: [-gcflags=all=-wb=false] } } }", "breaks the garbage collector"],
    ["lab: { variants: { a: { flags: [-modfile, ../go.mod] } } }", "leads out of the project"],
    ["lab: { variants: { a: { flags: [-overlay=/tmp/o.json] } } }", "leads out of the project"],
    ["lab: { variants: { ../x: {} } }", "no name of a variant"],
    ["lab: { variants: { '$(id)': {} } }", "no name of a variant"],
    ["lab: { variants: { a: { tags: ['x,y'] } } }", "no build tag"],
    ["lab: { variants: { a: { env: { 'A=B': x } } } }", "no name of an environment variable"],
  ])("%j is no data that could be used", (text, part) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(part);
    expect(found[0]).toMatch(/^pare\.yaml:1:\d+: /);
  });

  it("tells all problems at once, in their order", () => {
    expect(problems("lab:\n  tmeout: 1s\n  reedy: exit\npackag: .\n").map((line) => line.slice(0, 14))).toEqual([
      "pare.yaml:2:3:",
      "pare.yaml:3:3:",
      "pare.yaml:4:1:",
    ]);
  });

  it("that is hostile is refused, whatever it does", () => {
    expect(problems("[".repeat(100_000))).not.toEqual([]);
    expect(problems("a: ".repeat(50_000))).not.toEqual([]);
    expect(problems(" ".repeat(2 << 20))).toEqual(["pare.yaml: larger than 1 MiB"]);
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"]) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(",")}]`);
    }
    expect(problems(bomb.join("\n"))).toEqual([
      "pare.yaml: Excessive alias count indicates a resource exhaustion attack",
    ]);
  });
});

it("knows paths that lead out", () => {
  expect(["a/b", "..x", "a/../b", "./cmd", "example.com/x"].filter((each) => !staysInside(each))).toEqual([]);
  expect(["..", "../x", "a/../../x", "/x", "C:\\x", "..\\x", "a/../.."].filter(staysInside)).toEqual([]);
});

it("reads durations", () => {
  expect(["500ms", "1.5s", "2m", "2h", "s"].map(milliseconds)).toEqual([500, 1500, 120_000, undefined, undefined]);
});

describe("settings", () => {
  const top = mkdtempSync(path.join(tmpdir(), "pare-test-"));
  afterAll(() => rmSync(top, { recursive: true, force: true }));
  const home = path.join(top, "home");
  const repo = path.join(top, "repo");
  const deep = path.join(repo, "module/cmd/server");
  const env = { XDG_CONFIG_HOME: home };

  beforeEach(() => {
    rmSync(repo, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
    mkdirSync(path.join(repo, ".git"), { recursive: true });
    mkdirSync(path.join(home, "pare"), { recursive: true });
    mkdirSync(deep, { recursive: true });
    writeFileSync(path.join(repo, "module/go.mod"), "module example.com/m\n");
  });

  it("come from the nearest file up to the root of the repository, and no further", () => {
    const outside = path.join(top, "pare.yaml");
    writeFileSync(outside, "");
    expect(projectFile(deep)).toBeUndefined();
    rmSync(outside);
    const [far, near] = [path.join(repo, "pare.yaml"), path.join(repo, "module/pare.yaml")];
    writeFileSync(far, "");
    expect(projectFile(deep)).toBe(far);
    writeFileSync(near, "");
    expect(projectFile(deep)).toBe(near);
    expect(newProjectFile(deep)).toBe(near);
  });

  it("end at the module's root where there is no repository", () => {
    rmSync(path.join(repo, ".git"), { recursive: true });
    writeFileSync(path.join(repo, "pare.yaml"), "");
    expect(projectFile(deep)).toBeUndefined();
    writeFileSync(path.join(repo, "module/pare.yaml"), "");
    expect(projectFile(deep)).toBe(path.join(repo, "module/pare.yaml"));
  });

  it("say where each value comes from, the nearer the stronger", () => {
    const project = "package: ./cmd/server\nlab:\n  ready: port:8080\n  scenario: cli\n";
    writeFileSync(path.join(repo, "module/pare.yaml"), project);
    writeFileSync(path.join(home, "pare/config.yaml"), "lab:\n  scenario: size\n  timeout: 3s\n");
    const settings = loadSettings({
      cwd: path.join(repo, "module"),
      env: { ...env, PARE_READY: "exit" },
      flags: { scenario: "server" },
    });
    expect(settings.package).toEqual({
      value: "./cmd/server",
      origin: { kind: "project", file: "pare.yaml", line: 1, column: 1 },
    });
    expect(settings.scenario).toEqual({ value: "server", origin: { kind: "flag", name: "--scenario" } });
    expect(settings.ready).toEqual({ value: "exit", origin: { kind: "environment", name: "PARE_READY" } });
    const file = path.join(home, "pare/config.yaml");
    expect(settings.timeout).toEqual({ value: "3s", origin: { kind: "user", file, line: 3, column: 3 } });
    expect(settings.run).toEqual({ value: [], origin: { kind: "default" } });
    expect(settings.chosen.value).toBeUndefined();
  });

  it("name the package as one must from here", () => {
    writeFileSync(path.join(repo, "module/pare.yaml"), "package: ./cmd/server\n");
    const from = (cwd: string): string => loadSettings({ cwd, env }).package.value;
    expect(from(path.join(repo, "module"))).toBe("./cmd/server");
    expect(from(path.join(repo, "module/cmd"))).toBe("./server");
    expect(from(deep)).toBe(".");
    writeFileSync(path.join(repo, "module/pare.yaml"), "package: example.com/m/cmd/server\n");
    expect(from(deep)).toBe("example.com/m/cmd/server");
  });

  it("join variants of project and user by name", () => {
    writeFileSync(path.join(repo, "pare.yaml"), "lab: { variants: { both: { tags: [here] } } }\n");
    writeFileSync(
      path.join(home, "pare/config.yaml"),
      "lab: { variants: { both: { tags: [there] }, mine: { tags: [m] } } }\n",
    );
    const { variants } = loadSettings({ cwd: repo, env });
    expect([...variants].map(([name, { value, origin }]) => [name, value.tags, origin.kind])).toEqual([
      ["both", ["here"], "project"],
      ["mine", ["m"], "user"],
    ]);
  });

  it("refuse what belongs to one project in the user's own file, and a wrong variable", () => {
    writeFileSync(path.join(home, "pare/config.yaml"), "package: .\n");
    expect(() => loadSettings({ cwd: repo, env })).toThrow(/config\.yaml:1:1: unknown key "package" \(known: lab\)/);
    rmSync(path.join(home, "pare/config.yaml"));
    expect(() => loadSettings({ cwd: repo, env: { ...env, PARE_TIMEOUT: "long" } })).toThrow(
      "PARE_TIMEOUT: write 500ms, 10s or 2m",
    );
    expect(loadSettings({ cwd: repo, env: { ...env, PARE_TIMEOUT: "" } }).timeout.value).toBe("10s");
  });
});
