// Writing the chosen variant keeps every other byte of the file.
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { withChosen, withVariant } from "../../src/config/choose.ts";
import { readConfig } from "../../src/config/read.ts";
import { projectSchema } from "../../src/config/schema.ts";

const chosen = { variant: "-s -w", flags: ["-trimpath", "-ldflags=-s -w"], env: { CGO_ENABLED: "0" } };
const BLOCK = `chosen:
  variant: -s -w
  flags:
    - -trimpath
    - -ldflags=-s -w
  env:
    CGO_ENABLED: "0"
`;

it("makes a new file", () => {
  expect(withChosen("", chosen)).toBe(BLOCK);
});

it("goes behind what is there", () => {
  const text = "# ours\npackage:   ./cmd/server   # the server\n\nlab: { run: [ 'a',\n  b ] }";
  expect(withChosen(text, chosen)).toBe(`${text}\n\n${BLOCK}`);
});

it("takes the old one's place, and keeps what is said of it", () => {
  const text = `package: .
chosen: # by Ada, after the outage
  # stripped
  variant: default
  flags: [ -race ]

# the lab
lab:
    timeout:   3s
`;
  expect(withChosen(text, chosen)).toBe(`package: .
chosen: # by Ada, after the outage
  # stripped
  variant: -s -w
  flags:
    - -trimpath
    - -ldflags=-s -w
  env:
    CGO_ENABLED: "0"

# the lab
lab:
    timeout:   3s
`);
});

it("keeps line ends as they are", () => {
  expect(withChosen("package: .\r\n", chosen)).toBe(`package: .\r\n\r\n${BLOCK.replaceAll("\n", "\r\n")}`);
});

it.each([
  "{ package: . }\n",
  "package: .\n...\n",
  "chosen:\npackage: .\n",
  "chosen: {variant: a}\npackage: .",
  "# only\n",
])("writes into %j too", (text) => {
  const next = withChosen(text, chosen);
  expect(parse(next)).toEqual({ ...(parse(text) as object), chosen });
  for (const remark of text.match(/#.*/g) ?? []) expect(next).toContain(remark);
});

it("is read as it was written, twice as once", () => {
  const word = fc.string({ unit: "grapheme" }).filter((text) => !/\p{Cc}/u.test(text));
  const value = fc.record({
    variant: word.filter((text) => text !== ""),
    flags: fc.array(word.map((text) => `-ldflags=-X main.v=${text}`).filter((text) => !text.includes("-wb"))),
    env: fc.dictionary(fc.constantFrom("CGO_ENABLED", "GOAMD64", "CC"), word),
  });
  fc.assert(
    fc.property(value, value, (first, second) => {
      const text = withChosen("package: . # here\n", first);
      expect(readConfig("pare.yaml", text, projectSchema).config.chosen).toEqual(first);
      const again = withChosen(text, second);
      expect(readConfig("pare.yaml", again, projectSchema).config.chosen).toEqual(second);
      expect(again.startsWith("package: . # here\n\nchosen:")).toBe(true);
      expect(withChosen(again, second)).toBe(again);
    }),
  );
});

it("adds a variant to those of the lab, or replaces the one of that name, and keeps what is said of others", () => {
  const lean = { from: "release", tags: ["lean"] };
  const before = "# ours\npackage:   .   # here\n";
  const block = "lab:\n  variants:\n    lean:\n      from: release\n      tags:\n        - lean\n";
  expect(withVariant("", "lean", lean)).toBe(block);
  const first = withVariant(before, "lean", lean);
  expect(first).toBe(`${before}\n${block}`);
  const text =
    "lab:\n  scenario: cli # downloads\n  variants:\n    # Ada's\n    own: { tags: [a] }\n    lean: { tags: [old] }\n";
  const next = withVariant(text, "lean", lean);
  expect(parse(next)).toEqual({ lab: { scenario: "cli", variants: { own: { tags: ["a"] }, lean } } });
  expect(next).toMatch(/cli # downloads\n {2}variants:\n {4}# Ada's\n {4}own:/);
});
