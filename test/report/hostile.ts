// Names that attack whoever prints them, and what none of our formats may let through.

export const HOSTILE = [
  `<script>alert(1)</script>`,
  `</script><img src=x onerror=alert(1)>`,
  `"><svg onload=alert(1)>`,
  "\u001b[31mred\u001b]0;title\u0007",
  "\u009b31mcsi",
  "a\u202egnp.exe",
  "zero\u200bwidth\u2066isolate",
  "line\nbreak\r\ttab\0nul",
  "pipe|cell `code` **bold** [link](http://x) @someone",
  "=HYPERLINK(1)",
  'quote"comma,',
  "back\\slash\\n",
  "\ud800lone",
  "世界.函数",
  "e\u0301",
];

/** Control, bidi and zero-width characters other than those that the format itself needs. */
export const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
