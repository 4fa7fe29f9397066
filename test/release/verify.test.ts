// Whether a release can be made again, and what is said where it cannot.
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { firstDifference } from "../../src/release/differing.ts";
import { goBuild } from "../fixture.ts";
import { Project } from "./project.ts";

describe("two files", () => {
  const hello = readFileSync(goBuild({ fixture: "hello" }));

  it("differ first where the bytes' owner is named", () => {
    const at = hello.indexOf("Go build ID: ") + 13;
    const other = Buffer.from(hello);
    other[at] ^= 1;
    other[at + 5] ^= 1;
    other[at + 100] ^= 1;
    expect(firstDifference(hello, other)).toMatchObject({
      from: at,
      to: at + 6,
      owner: expect.stringMatching(/^\w+ of /) as string,
    });
    expect(firstDifference(hello, Buffer.from(hello))).toBeUndefined();
  });

  it("differ where the shorter one ends; what is no program has no owner", () => {
    expect(firstDifference(Buffer.from("abc"), Buffer.from("abcdef"))).toEqual({ from: 3, to: 6, owner: "" });
  });
});

describe("pare release --verify", () => {
  const made: Project[] = [];
  afterAll(() => made.forEach((each) => each.remove()));

  it("builds all once more, from nothing, elsewhere", () => {
    const app = new Project();
    made.push(app);
    const ran = app.run(["--verify", "--no-symbols", "--target", "linux/amd64"]);
    expect(ran.stderr).toContain("built again elsewhere, all 3 files are the same");
    expect(ran.code).toBe(0);
  }, 200_000);

  it("names the bytes that depend on the directory", () => {
    const app = new Project({
      "pare.yaml": "release: { targets: [linux/amd64], builds: [{ package: ., flags: [-buildvcs=false] }] }\n",
    });
    made.push(app);
    const ran = app.run(["--verify", "--no-symbols"]);
    expect(ran.stderr).toMatch(/app_linux_amd64\/app differs first in bytes \d+ to \d+: \w+/);
    expect(ran.code).toBe(1);
  }, 200_000);
});
