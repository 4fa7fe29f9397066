import { describe, expect, it } from "vitest";
import { invocationOf, launchOf, readyWhen, takesPort, words } from "../../src/lab/launch.ts";
import { median } from "../../src/lab/starts.ts";
import { linkSeconds } from "../../src/lab/timings.ts";
import { buildReason } from "../../src/lab/make.ts";

describe("the line of --run", () => {
  it("is split as a shell does, and nothing in it is expanded", () => {
    expect(words(`-a  "b c" 'd "e' f\\ g "h\\"i\\\\" $HOME *.go; rm x`)).toEqual([
      "-a",
      "b c",
      'd "e',
      "f g",
      'h"i\\',
      "$HOME",
      "*.go;",
      "rm",
      "x",
    ]);
    expect(words(`a"b"'c' ""`)).toEqual(["abc", ""]);
    expect(words("  ")).toEqual([]);
    expect(words(`"a`)).toBeUndefined();
    expect(words("a\\")).toBeUndefined();
  });

  it("has settings of the environment in front of the arguments", () => {
    expect(invocationOf(["A=1", "B_2=x=y", "run", "C=3"])).toEqual({
      env: { A: "1", B_2: "x=y" },
      args: ["run", "C=3"],
    });
    expect(invocationOf(["A=1"])).toEqual({ env: { A: "1" }, args: [] });
    expect(invocationOf([])).toEqual({ env: {}, args: [] });
  });

  it("has a free port of each start for {port}", async () => {
    const invocation = invocationOf(["ADDR=:{port}", "-listen", "127.0.0.1:{port}"]);
    expect(takesPort(invocation)).toBe(true);
    const { argv, env, readiness } = await launchOf({ path: "/x" }, invocation, { kind: "port", port: "{port}" });
    if (readiness.kind !== "port") throw new Error("not a port");
    expect(readiness.port).toBeGreaterThan(0);
    expect(argv).toEqual(["/x", "-listen", `127.0.0.1:${readiness.port}`]);
    expect(env).toEqual({ ADDR: `:${readiness.port}` });
  });
});

describe("--ready", () => {
  it.each([
    ["exit", { kind: "exit" }],
    ["auto", { kind: "auto" }],
    ["port:8080", { kind: "port", port: 8080 }],
    ["port:{port}", { kind: "port", port: "{port}" }],
    ["output:listening on", { kind: "output", pattern: /listening on/mu }],
  ])("%s", (text, expected) => {
    expect(readyWhen(text)).toEqual(expected);
  });

  it.each(["", "port", "port:0", "port:65536", "port:http", "output:", "output:(", "ready"])("refuses %j", (text) => {
    expect(readyWhen(text)).toBeUndefined();
  });
});

describe("what is read of builds", () => {
  it("the middle of several values", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it("the link in an action graph of go1.26.8", () => {
    const graph = (link: object): string =>
      JSON.stringify([
        { ID: 0, Mode: "link-install", Package: "example.com/x", TimeDone: "2026-11-21T12:00:02.5Z" },
        { ID: 1, Mode: "link", Package: "example.com/x", ...link },
        { ID: 2, Mode: "build", Package: "fmt", TimeStart: "2026-11-21T12:00:00Z", TimeDone: "2026-11-21T12:00:01Z" },
      ]);
    const times = { TimeStart: "2026-11-21T12:00:01.25+02:00", TimeDone: "2026-11-21T12:00:02.5+02:00" };
    expect(linkSeconds(graph(times))).toBe(1.25);
    expect(linkSeconds(graph({}))).toBeUndefined();
    const never = { TimeStart: "0001-01-01T00:00:00Z", TimeDone: "0001-01-01T00:00:00Z" };
    expect(linkSeconds(graph(never))).toBeUndefined();
  });

  it("the line of a failure that says most", () => {
    expect(buildReason("# example.com/x\n./main.go:2:14: undefined: y\nmore")).toBe("./main.go:2:14: undefined: y");
    expect(buildReason("")).toBe("it does not say why");
  });
});
