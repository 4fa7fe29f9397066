// pare profile: one subject, one profile, any number of formats.
import { snapshot, type Snapshot } from "../ledger/snapshot.ts";
import { moduleTable } from "../ledger/modules.ts";
import type { Profile } from "../ledger/profile.ts";
import { type View, view, viewDocument } from "../ledger/views.ts";
import type { By, Sort } from "../ledger/words.ts";
import { visible } from "../report/escape.ts";
import { jsonDocument } from "../report/json.ts";
import { terminalOf } from "../report/terminal.ts";
import { SHA256, SYMBOLS } from "./ahead.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, isSnapshot, profileInput, readInput } from "./input.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { progressOn } from "./progress.ts";

export interface ProfileFlags extends CommonOptions {
  readonly by?: By;
  readonly top?: number;
  readonly focus?: string;
  readonly filter?: string;
  readonly sort?: Sort;
  readonly inlined?: boolean;
  readonly memory?: boolean;
  readonly symbols?: boolean;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly csv?: boolean;
  readonly output?: string;
  readonly html?: string;
  readonly svg?: string;
  readonly ranges?: string;
}

/** Rows of a table that is to be read; CSV and JSON have them all unless --top is given. */
const ROWS = 30;

export async function profileCommand(subject: string, goFlags: readonly string[], flags: ProfileFlags): Promise<void> {
  checkOutputs(flags);
  const { summary, profile } = await open(subject, goFlags, flags);
  const isLong = [flags.symbols, flags.csv, flags.html, flags.svg, flags.ranges].some((flag) => flag !== undefined);
  if (!isLong) (await import("./engine.ts")).coast();
  const request = requestOf(flags);
  const table = request && view(summary, request, profile);
  for (const [path, pieces] of await files(summary, profile, flags)) {
    await write(path, pieces);
    if (path !== "-" && flags.quiet !== true) process.stderr.write(`wrote ${visible(path)}\n`);
  }
  // a page, picture or list of ranges that goes to stdout is the answer
  if ([flags.html, flags.svg, flags.ranges].includes("-")) return;
  await write(flags.output ?? "-", await answer(summary, profile, table, flags));
}

/** The snapshot to show, and the profile that it was made from; a snapshot that was read has none. */
async function open(
  subject: string,
  goFlags: readonly string[],
  flags: ProfileFlags,
): Promise<{ summary: Snapshot; profile?: Profile }> {
  const input = await readInput(subject, goFlags, progressOn(process.stderr, flags.quiet === true));
  if (isSnapshot(input)) {
    const needs =
      (flags.ranges !== undefined && "--ranges") ||
      ((flags.by === "section" || flags.by === "file") && `--by ${flags.by}`);
    if (needs) throw new Failure(EXIT.usage, `${needs} needs the executable itself: ${input.name} is a snapshot`);
    return { summary: (await import("./snapshotfile.ts")).readSnapshot(input) };
  }
  const symbols = !isPlain(flags);
  const isHashed = flags.json === true || flags.html !== undefined;
  input.omit?.((symbols ? 0 : SYMBOLS) | (isHashed ? 0 : SHA256));
  const profile = await profileInput(input, {
    inlined: flags.inlined === true || flags.sort === "inlined",
    files: flags.by === "file",
    symbols,
  });
  const summary = snapshot(profile, factsOf(input, profile, isHashed), {
    symbols: flags.symbols === true || flags.html !== undefined,
    memory: flags.memory === true || flags.sort === "memory",
  });
  return { summary, profile };
}

/** Whether the answer is the snapshot in JSON as it is, which names no symbols of packages. */
function isPlain(flags: ProfileFlags): boolean {
  const { json, symbols, html, ranges } = flags;
  return json === true && requestOf(flags) === undefined && !symbols && html === undefined && ranges === undefined;
}

/** The view that is asked for; undefined for the report, or the snapshot in JSON. */
function requestOf(flags: ProfileFlags): Parameters<typeof view>[1] | undefined {
  const { by, focus, filter, sort, top, inlined, memory } = flags;
  const extras = !flags.json && (inlined === true || memory === true || flags.csv === true);
  if (
    by === undefined &&
    focus === undefined &&
    filter === undefined &&
    sort === undefined &&
    top === undefined &&
    !extras
  ) {
    return undefined;
  }
  const rows = top ?? (flags.json === true || flags.csv === true ? undefined : ROWS);
  return { by: by ?? (focus === undefined ? "package" : "symbol"), focus, filter, sort, top: rows };
}

function checkOutputs(flags: ProfileFlags): void {
  const paths = [flags.output, flags.html, flags.svg, flags.ranges].filter((path) => path !== undefined);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new Failure(EXIT.usage, `two outputs go to ${twice === "-" ? "stdout" : twice}`);
  if (flags.json === true && [flags.html, flags.svg, flags.ranges].includes("-")) {
    throw new Failure(EXIT.usage, "two outputs go to stdout");
  }
}

async function answer(
  summary: Snapshot,
  profile: Profile | undefined,
  table: View | undefined,
  flags: ProfileFlags,
): Promise<string> {
  const exact = flags.bytes;
  if (flags.json === true) {
    if (table) return jsonDocument(viewDocument(summary, table));
    // symbols that only a page asked for would make the document fifty times as long
    return jsonDocument(profile !== undefined && flags.symbols !== true ? withoutSymbols(summary) : summary);
  }
  if (flags.csv === true) return (await import("../report/csv.ts")).csvView(table!);
  if (flags.markdown === true) {
    const { markdownReport, markdownView } = await import("../report/markdown.ts");
    return table ? markdownView(summary, table, { exact }) : markdownReport(summary, { exact }, profile);
  }
  const { textReport, textView } = await import("../report/text.ts");
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return table ? textView(summary, table, { terminal, exact }) : textReport(summary, { terminal, exact }, profile);
}

function withoutSymbols(summary: Snapshot): Snapshot {
  const modules = summary.modules.map((module) => ({
    ...module,
    packages: module.packages.map(({ symbols: _, ...rest }) => rest),
  }));
  return { ...summary, modules };
}

/** The documents that go to files of their own, made one after the other. */
async function files(
  summary: Snapshot,
  profile: Profile | undefined,
  flags: ProfileFlags,
): Promise<[string, string | Iterable<string>][]> {
  const out: [string, string | Iterable<string>][] = [];
  if (flags.html !== undefined) out.push([flags.html, (await import("../report/html.ts")).htmlPage(summary)]);
  if (flags.svg !== undefined) out.push([flags.svg, (await import("../report/svg.ts")).svgTreemap(summary)]);
  if (flags.ranges !== undefined && profile !== undefined) {
    const { rangesTsv } = await import("../report/ranges.ts");
    const moduleOf = moduleTable(profile);
    out.push([flags.ranges, rangesTsv(profile.ledger, (pkg) => moduleOf(pkg).path)]);
  }
  return out;
}
