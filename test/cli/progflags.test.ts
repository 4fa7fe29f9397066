import { expect, it } from "vitest";
import { plainFlags, UPLOAD_WAIT } from "../../src/cli/progflags.ts";

it("understands plain command lines without commander, and leaves all others to it", () => {
  expect(plainFlags([])).toEqual({ uploadWait: UPLOAD_WAIT });
  expect(plainFlags(["--dir", "a=b", "--remote=http://h/?x=y", "--read-only"])).toEqual({
    dir: "a=b",
    remote: "http://h/?x=y",
    readOnly: true,
    uploadWait: UPLOAD_WAIT,
  });
  for (const words of [["--help"], ["--dir"], ["--dir", "--read-only"], ["--read-only=1"], ["more"], ["-C", "x"]]) {
    expect(plainFlags(words)).toBeUndefined();
  }
});
