// Names inside executables are written by others: everything printed goes through one of these.

// C0, DEL, C1, Arabic letter mark, zero-width and bidi controls, line separators, BOM, tags, lone surrogates.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Surrogate}]/gu;

function mark(char: string): string {
  if (char === "\n") return "\\n";
  if (char === "\t") return "\\t";
  if (char === "\r") return "\\r";
  const code = char.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** One line of text that moves no cursor, changes no colour and keeps its reading direction. */
export function visible(name: string): string {
  // nearly every name is plain ASCII, and this test is several times cheaper
  if (!/[^ -~]/.test(name)) return name;
  return name.replace(UNSAFE, mark);
}

/** A cell of a tab-separated file: as `visible`, and reversible, for a backslash is doubled. "-" stands for nothing. */
export function tsvCell(name: string): string {
  if (name === "") return "-";
  return visible(name.includes("\\") ? name.replaceAll("\\", "\\\\") : name);
}

/** A cell of a CSV file (RFC 4180); what a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = visible(value);
  const inert = /^[=+\-@]/.test(safe) ? `'${safe}` : safe;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text or a quoted attribute of HTML and SVG. */
export function html(name: string): string {
  return visible(name).replace(/[&<>"']/g, (char) => ENTITIES[char]);
}

/** A name in a cell of a GitHub-flavoured Markdown table. */
export function markdownCode(name: string): string {
  const safe = visible(name);
  if (safe === "") return "";
  // A backtick ends a code span, and a pipe ends a cell even inside one.
  if (!/[`|]/.test(safe)) return `\`${safe}\``;
  return `<code>${safe.replace(/[!-/:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`)}</code>`;
}

/** Text within a line of Markdown: nothing in it is markup, a link or a mention. */
export function markdownText(text: string): string {
  return visible(text)
    .replace(/[\\`*_[\]#|~]/g, "\\$&")
    .replace(/[&<>]/g, (char) => ENTITIES[char])
    .replace(/@|:\/\/|www\./gi, "$&&#8203;")
    .replace(/^(\s*)(?=[-+=]|\d+[.)](?:\s|$))/, "$1&#8203;");
}

/** Valid JSON whose strings hold no raw control or bidi character, so that it can be shown on a terminal. */
export function safeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
