// pare config as a document.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { settingsSchema } from "../../src/config/schema.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));

it.each([[], ["-C", "configured"]])("keeps its schema: %j", (...where) => {
  const words = [path.join(HERE, "../../src/cli/main.ts"), "config", "--json", ...where];
  const env = { ...process.env, PARE_SCENARIO: "embedded" };
  const { stdout } = spawnSync(process.execPath, words, { cwd: path.join(HERE, "data"), env, encoding: "utf8" });
  const document: unknown = JSON.parse(stdout);
  expect(settingsSchema.parse(document)).toEqual(document);
  expect(stdout).toContain('{"name":"lab.scenario","value":"embedded","origin":{"kind":"environment"');
});
