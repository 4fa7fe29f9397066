// Every rule fires on the trouble of its page, and stays quiet on its cure.
import { describe, expect, it, test } from "vitest";
import { CHECKS } from "../../../src/advice/audit/audit.ts";
import { findingsOf, RULES } from "./project.ts";

test("every rule has a check, and every check a page", () => {
  expect(RULES.map((rule) => rule.code)).toEqual(Object.keys(CHECKS).sort());
  expect(new Set(RULES.map((rule) => rule.slug)).size).toBe(RULES.length);
});

describe.each(RULES.filter(({ example }) => example.file !== undefined))("$code $slug", ({ code, example }) => {
  const file = example.file ?? "";

  it("fires on its example", () => {
    expect(findingsOf({ [file]: example.before }).map((finding) => finding.code)).toContain(code);
  });

  it("is quiet on the cure", () => {
    expect(findingsOf({ [file]: example.after }).map((finding) => finding.code)).not.toContain(code);
  });
});
