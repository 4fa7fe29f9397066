import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { goBuild } from "../fixture.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** One thread sets V8's flags while another works, once in a run: here all the time, for what V8 does not bear it seldom meets. */
test("flags may change while another thread works", () => {
  const executable = goBuild({ fixture: "server" });
  const beside = pathToFileURL(path.join(HERE, "flagsbeside.ts")).href;
  const main = path.join(HERE, "../../src/cli/main.ts");
  for (let i = 0; i < 6; i++) {
    const ran = spawnSync(process.execPath, ["--import", beside, main, "profile", "--json", executable], {
      encoding: "utf8",
    });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema: "pare.snapshot/1" });
  }
});
