import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCell, html, markdownCode, markdownText, safeJson, tsvCell, visible } from "../../src/report/escape.ts";
import { HOSTILE, UNPRINTABLE } from "./hostile.ts";

const anything = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }));

describe("visible", () => {
  it("leaves one printable line", () => {
    fc.assert(
      fc.property(anything, (name) => {
        expect(visible(name)).not.toMatch(UNPRINTABLE);
        expect(visible(name)).not.toMatch(/[\r\n\t]/);
        expect(visible(name).isWellFormed()).toBe(true);
      }),
    );
  });

  it("says which character it was, and leaves letters alone", () => {
    expect(visible("a\u202eb\nc\u001b[0m\0")).toBe("a\\u{202e}b\\nc\\x1b[0m\\x00");
    expect(visible("世界.e\u0301")).toBe("世界.e\u0301");
  });
});

describe("tsvCell", () => {
  it("is one cell, and two names never share one", () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(tsvCell(a)).not.toMatch(/[\t\n\r]/);
        if (a !== b && a !== "" && b !== "") expect(tsvCell(a)).not.toBe(tsvCell(b));
      }),
    );
    expect(tsvCell("")).toBe("-");
  });
});

describe("csvCell", () => {
  it("quotes what needs it and disarms formulas", () => {
    expect(csvCell('a,"b"')).toBe('"a,""b"""');
    expect(csvCell("=1+1")).toBe("'=1+1");
    expect(csvCell(-5)).toBe("-5");
  });
});

describe("html", () => {
  it("holds no markup", () => {
    fc.assert(
      fc.property(anything, (name) => {
        expect(html(name)).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
      }),
    );
  });
});

describe("markdownCode", () => {
  it("is one cell of one row, and a code span to its end", () => {
    fc.assert(
      fc.property(anything, (name) => {
        const cell = markdownCode(name);
        expect(cell).not.toMatch(/[|\n\r]/);
        if (name !== "") expect(cell).toMatch(/^(?:`[^`]*`|<code>[^<`]*<\/code>)$/);
      }),
    );
  });
});

describe("markdownText", () => {
  it("has no link, mention, markup or table in it", () => {
    const text = markdownText("[a](http://b) www.x.y @user *b* _c_ `d` | <e> #1");
    expect(text).toBe(
      "\\[a\\](http:&#8203;//b) www.&#8203;x.y @&#8203;user \\*b\\* \\_c\\_ \\`d\\` \\| &lt;e&gt; \\#1".replace(
        ":&#8203;//",
        "://&#8203;",
      ),
    );
    expect(markdownText("- a")).toBe("&#8203;- a");
    expect(markdownText("1.26.8 and 33.3 %")).toBe("1.26.8 and 33.3 %");
  });
});

describe("safeJson", () => {
  it("changes how a document is written, not what it says", () => {
    fc.assert(
      fc.property(fc.array(anything), (names) => {
        const json = safeJson(JSON.stringify(names));
        expect(json).not.toMatch(UNPRINTABLE);
        expect(JSON.parse(json)).toEqual(names);
      }),
    );
  });
});
