// Readers of build files: what they make of ordinary files, and that places are places of the file.
import { describe, expect, it } from "vitest";
import { readDockerfile } from "../../src/buildfiles/dockerfile.ts";
import { goBuildOf, mayHide } from "../../src/buildfiles/gobuild.ts";
import { readGoMod } from "../../src/buildfiles/gomod.ts";
import { readHcl } from "../../src/buildfiles/hcl.ts";
import { readMakefile } from "../../src/buildfiles/make.ts";
import { posix } from "../../src/buildfiles/paths.ts";
import { type Command, readShell } from "../../src/buildfiles/shell.ts";
import { Lines, OPEN, snippetOf } from "../../src/buildfiles/text.ts";
import { at, itemsOf, scalarsOf, textAt, type Tree } from "../../src/buildfiles/tree.ts";
import { readYaml } from "../../src/buildfiles/yaml.ts";

const shell = (text: string): Command[] => readShell(snippetOf(text, 0, text.length), { env: new Map() });
/** Words of each command, "?" for what is unknown. */
const words = (commands: readonly Command[]): string[] =>
  commands.map((command) => command.words.map((word) => word.text.replaceAll(OPEN, "?")).join("|"));

describe("shell", () => {
  it("separates commands and words", () => {
    expect(words(shell("a b; c && d 'e f' \"g $x\" || h | i &\nj\\\n k # l"))).toEqual([
      "a|b",
      "c",
      "d|e f|g ?",
      "h",
      "i",
      "j|k",
    ]);
    expect(words(shell("if [ -f x ]; then a; else b; fi; { c; }; ! d; (e)"))).toEqual([
      "[|-f|x|]",
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
    expect(words(shell("a > x 2>&1 < y b &> z"))).toEqual(["a|b"]);
    expect(words(shell("cat <<-'END' | b\n\tgo build\n\tEND\nc"))).toEqual(["cat", "b", "c"]);
  });

  it("puts variables in, and splits those without quotes", () => {
    expect(words(shell('X=\'-s -w\'; Y="$X"\na $X "$X" ${Y} ${Z:-d} $(date) `date` $1 a$X'))).toEqual([
      "a|-s|-w|-s -w|-s|-w|?|?|?|?|a-s|-w",
    ]);
  });

  it("knows the environment of each command", () => {
    const [a, b, c] = shell("export A=1 B\nC=2 a\nenv D=3 b\nE=5\nc");
    expect([...a.env]).toEqual([
      ["A", "1"],
      ["C", "2"],
    ]);
    expect(b.words[0].text).toBe("b");
    expect(b.env.get("D")).toBe("3");
    expect(c.env.has("E")).toBe(false);
  });

  it("knows loops, and what runs in the background", () => {
    const [inner, after] = shell("for os in linux darwin; do for a in x; do go $os $a & done; done; b");
    expect(inner.loops.map((loop) => [loop.variable, loop.values])).toEqual([
      ["os", ["linux", "darwin"]],
      ["a", ["x"]],
    ]);
    expect([inner.isBackground, after.loops, after.isBackground]).toEqual([true, [], false]);
  });

  it("looks into scripts of other shells", () => {
    expect(words(shell("bash -ec 'a; b \"c d\"'"))).toEqual(['bash|-ec|a; b "c d"', "a", "b|c d"]);
  });

  it("says where words stand", () => {
    const text = "a 'b c' $X";
    const [{ words: list }] = shell(text);
    expect(list.map((word) => text.slice(word.start, word.end))).toEqual(["a", "'b c'", "$X"]);
  });
});

describe("go build", () => {
  const flags = (text: string): string[] | undefined => {
    const build = goBuildOf(shell(text)[0]);
    return build && [...build.flags.values()].map(({ name, value }) => `${name}=${value}`);
  };

  it("reads flags as go does", () => {
    expect(flags("go build -v --trimpath -o x -tags=a,b -ldflags '-s -w' ./cmd")).toEqual([
      "v=",
      "trimpath=",
      "o=x",
      "tags=a,b",
      "ldflags=-s -w",
    ]);
    expect(flags("/usr/local/go/bin/go1.26 build -o x")).toEqual(["o=x"]);
    expect(flags("go -C dir build -o x")).toEqual(["o=x"]);
    expect(flags("go test ./...")).toBeUndefined();
    expect(flags("gobuild -o x")).toBeUndefined();
  });

  it("knows what variables may hide", () => {
    const hides = (text: string): boolean => mayHide(goBuildOf(shell(text)[0])!, "ldflags");
    expect([hides("go build $FLAGS -o x ."), hides("go build -o x $FLAGS"), hides('go build -ldflags "$X" .')]).toEqual(
      [true, true, true],
    );
    expect([
      hides("go build -o x $PKG"),
      hides('go build -ldflags "-X a=$V" .'),
      hides("go build -o $OUT ./cmd/$NAME"),
    ]).toEqual([false, false, false]);
  });
});

describe("Dockerfiles", () => {
  it("have stages that start from others", () => {
    const { stages } = readDockerfile("ARG V=1\nFROM golang:${V} as Build\nENV A=1\nFROM build\nFROM x\n");
    expect(stages.map((stage) => [stage.base, stage.name, stage.parent?.name])).toEqual([
      ["golang:1", "build", undefined],
      ["build", "", "build"],
      ["x", "", undefined],
    ]);
    expect(stages[1].env.get("A")).toBe("1");
  });

  it("may be escaped with a backtick", () => {
    const { stages } = readDockerfile("# escape=`\nFROM x\nRUN a `\n  b\nCOPY c:\\ d\n");
    expect(words(stages[0].instructions[0].commands)).toEqual(["a|b"]);
    expect(stages[0].instructions).toHaveLength(2);
  });

  it("have heredocs, comments within instructions, and JSON", () => {
    const { stages } = readDockerfile(
      'FROM x\nRUN --mount=type=cache,target=/c \\\n # no\n\n  a \\\n  b\nCOPY <<EOF /f\nRUN no\nEOF\nRUN <<-"E"\n\tc\n\tE\nRUN ["d", "e f"]\nUSER u',
    );
    const { instructions } = stages[0];
    expect(instructions.map((each) => each.name)).toEqual(["RUN", "COPY", "RUN", "RUN", "USER"]);
    expect(instructions.flatMap((each) => words(each.commands))).toEqual(["a|b", "c", "d|e f"]);
    expect(instructions[0].flags).toEqual([{ name: "mount", value: "type=cache,target=/c" }]);
  });

  it("end where their last line ends", () => {
    const text = "FROM x\nRUN a \\\n  b\n";
    const [run] = readDockerfile(text).stages[0].instructions;
    expect(text.slice(run.start, run.end)).toBe("RUN a \\\n  b");
  });
});

describe("YAML", () => {
  const snippets = (text: string): string[] =>
    scalarsOf(at(readYaml(text), "a")).map((scalar) => scalar.snippet().text);

  it("knows where each character of a scalar comes from", () => {
    for (const text of [
      "a: x y",
      "a: 'it''s'",
      'a: "t\\tn\\"q\\u0041"',
      "a: |\n  l1\n    l2\n\n  l3\n",
      "a: >-\n  f1\n  f2\n",
      "a: p1\n  p2\n",
    ]) {
      const scalar = at(readYaml(text), "a");
      const snippet = scalar?.kind === "scalar" ? scalar.snippet() : undefined;
      expect(snippet?.text.trimEnd().replaceAll(/\s+/g, " ")).toBe(
        (scalar as { text: string }).text.trimEnd().replaceAll(/\s+/g, " "),
      );
      const { start, end } = snippet!.span(0, snippet!.text.length);
      expect(start).toBeGreaterThanOrEqual(scalar!.start);
      expect(end).toBeLessThanOrEqual(scalar!.end);
    }
    expect(snippets("a: [x, 'y']")).toEqual(["x", "y"]);
  });

  it("keeps scalars as they are written", () => {
    const tree = readYaml("on: yes\nv: 1.20\nn: ~\n");
    expect([textAt(tree, "on"), textAt(tree, "v")]).toEqual(["yes", "1.20"]);
  });

  it("follows anchors and merges, its own entries first", () => {
    const tree = readYaml("base: &b { x: 1, y: 2 }\nuse: { <<: *b, y: 3 }\nloop: &l [*l]\n");
    expect([textAt(tree, "use", "x"), textAt(tree, "use", "y")]).toEqual(["1", "3"]);
    expect(itemsOf(at(tree, "loop"))).toHaveLength(1);
  });
});

describe("HCL", () => {
  const plain = (tree: Tree | undefined): unknown => {
    if (tree?.kind === "mapping")
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key.text, plain(value)]));
    return tree?.kind === "sequence" ? tree.items.map(plain) : tree?.text;
  };

  it("reads blocks, lists, objects, calls and heredocs", () => {
    const text = `# c
variable "TAG" { default = "latest" }
target "app" { /* c */
  tags = ["a:\${TAG}", notequal("", TAG) ? "b" : "",] // c
  args = { GO = "1.26", "X" : y }
  dockerfile-inline = <<EOT
FROM scratch
EOT
}
target "web" { tags = [] }
`;
    expect(plain(readHcl(text))).toEqual({
      variable: { TAG: { default: "latest" } },
      target: {
        app: {
          tags: ["a:${TAG}", 'notequal("", TAG) ? "b" : ""'],
          args: { GO: "1.26", X: "y" },
          "dockerfile-inline": "FROM scratch\n",
        },
        web: { tags: [] },
      },
    });
  });

  it.each(['a = "', "a {", "a = [1", "}", "a = { b = ", "= 1", `a = ${"[".repeat(100)}`])("refuses %j", (text) => {
    expect(() => readHcl(text)).toThrow(expect.objectContaining({ name: "Unreadable" }));
  });
});

describe("Makefiles", () => {
  it("put variables in as make does", () => {
    const text = `A = $(B) c
B := b
B += d
D ?= e
D ?= f
export E = 1
ifdef X
  B2 = 1
else
  B2 = 2
endif
t: VAR = x
t u: dep ; first $(A)
	@-$(GO) $(A) $(D) $(B2) $(VAR) $(shell x) $@ $$HOME $$(date) \\
	  end
v:
	x
`;
    const recipes = readMakefile(text);
    expect(recipes.map(({ targets, needs }) => [targets, needs])).toEqual([
      [["t", "u"], ["dep"]],
      [["v"], []],
    ]);
    expect(words(recipes[0].commands)).toEqual(["first|b|d|c", "go|b|d|c|e|?|?|?|?|?|?|end"]);
    expect(recipes[0].commands[0].env.get("E")).toBe("1");
  });

  it("are bounded when variables double", () => {
    const lines = [
      "A0 = xxxxxxxxxx",
      ...Array.from({ length: 40 }, (_, i) => `A${i + 1} = $(A${i})$(A${i})`),
      "t:",
      "\techo $(A40) $(LOOP)",
      "LOOP = $(LOOP)",
      "",
    ];
    const [recipe] = readMakefile(lines.join("\n"));
    expect(recipe.commands[0].words[0].text).toBe("echo");
  });
});

describe("go.mod", () => {
  it("is read with places", () => {
    const text =
      'module "example.com/m" // c\n\ngo 1.26\n\nrequire (\n\tb.com/x v1.0.0\n\tc.com/y v2.0.0 // indirect\n)\nreplace b.com/x v1.0.0 => ../x\ntool b.com/x/cmd\n';
    const mod = readGoMod(text);
    expect(mod).toMatchObject({
      module: "example.com/m",
      go: "1.26",
      tools: ["b.com/x/cmd"],
      replaces: [{ old: "b.com/x", path: "../x" }],
    });
    expect(mod.requires.map((each) => [each.path, each.isIndirect, text.slice(each.start, each.end)])).toEqual([
      ["b.com/x", false, "b.com/x v1.0.0"],
      ["c.com/y", true, "c.com/y v2.0.0"],
    ]);
  });
});

describe("places", () => {
  it("are lines and columns from 1", () => {
    const lines = new Lines("ab\n\nc");
    expect([0, 2, 3, 4, 5].map((offset) => lines.at(offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 3, column: 2 },
    ]);
  });

  it("are joined like paths", () => {
    expect([posix(".", "a/../b", "./c"), posix("a", "/b"), posix("."), posix("..", "x")]).toEqual([
      "b/c",
      "/b",
      ".",
      "../x",
    ]);
  });
});
