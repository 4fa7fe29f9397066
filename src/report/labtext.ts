// What a lab found, for a terminal: a row for each variant, and what could not be had with the reason.
import type { LabResult, LabRow, Memory, Outcome } from "../lab/model.ts";
import { type Kind, KINDS } from "../ledger/ledger.ts";
import { visible } from "./escape.ts";
import { bold, type Column, dim, paint, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatDelta, formatExact, formatShare } from "./units.ts";

export interface LabTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
}

/** Cells of one row; the same for text and Markdown. */
export interface LabCells {
  readonly name: string;
  readonly size: string;
  readonly change: string;
  readonly zstd: string;
  readonly start: string;
  readonly memory: string;
  readonly build: string;
  readonly notes: string;
}

export const LAB_TITLES: LabCells = {
  name: "VARIANT",
  size: "SIZE",
  change: "",
  zstd: "ZSTD",
  start: "START",
  memory: "PRIVATE 1/2",
  build: "WARM/COLD BUILD",
  notes: "",
};

const GREEN = 71;
const RED = 167;

/** The table, what is worth knowing of it, and warnings. */
export function labText(result: LabResult, { terminal, exact }: LabTextOptions): string {
  const { machine } = result;
  const head = [bold(terminal, visible(result.subject)), result.target, result.goVersion];
  const cells = result.rows.map((row) => labCells(row, result, exact));
  const failed = result.rows.map(({ outcome }) => outcome.state !== "built");
  const columns: Column[] = [
    { title: LAB_TITLES.name },
    { title: LAB_TITLES.size, right: true },
    {
      title: LAB_TITLES.change,
      right: true,
      paint: (text) => (text === "" ? text : paint(terminal, text.trim().startsWith("-") ? GREEN : RED, text)),
    },
    { title: LAB_TITLES.zstd, right: true },
    { title: LAB_TITLES.start, right: true },
    { title: LAB_TITLES.memory, right: true },
    { title: LAB_TITLES.build, right: true },
    {
      title: LAB_TITLES.notes,
      flexible: true,
      paint: (text, row) => (failed[row] ? paint(terminal, RED, text) : dim(terminal, text)),
    },
  ];
  const rows = cells.map((c) => [c.name, c.size, c.change, c.zstd, c.start, c.memory, c.build, c.notes].map(visible));
  const lines = [
    head.join(" · "),
    dim(
      terminal,
      visible(`measured on ${machine.host}, ${machine.cores} × ${machine.cpu}, ${formatBytes(machine.memoryBytes)}`),
    ),
    "",
    ...table(terminal, columns, rows),
  ];
  if (result.warnings.length > 0) lines.push("");
  for (const warning of result.warnings) {
    for (const [i, line] of warning.split("\n").entries()) {
      lines.push(`${i === 0 ? paint(terminal, 178, "→") : " "} ${visible(line)}`);
    }
  }
  return lines.join("\n") + "\n";
}

export function labCells(row: LabRow, result: LabResult, exact = false): LabCells {
  const { variant, measures } = row;
  const first = result.rows[0];
  const bytes = measures.fileBytes?.value;
  const whole = first.measures.fileBytes?.value;
  const zstd = measures.download?.value.zstd;
  const size = (n: number | undefined): string => (n === undefined ? "" : exact ? formatExact(n) : formatBytes(n));
  const seconds = (n: number | undefined): string => (n === undefined ? "–" : `${n.toFixed(n < 9.95 ? 1 : 0)} s`);
  const build = measures.build?.value;
  const start = measures.start?.value;
  return {
    name: variant.name,
    size: size(bytes),
    change:
      row === first || bytes === undefined || whole === undefined
        ? ""
        : signed(formatShare(bytes - whole, whole), bytes - whole),
    zstd: size(zstd),
    start: start === undefined ? "" : `${milliseconds(start.medianMs)} ±${milliseconds(start.spreadMs)} ms`,
    memory: memoryCell(measures.memory?.value, size),
    build: build === undefined ? "" : `${seconds(build.warmSeconds)} / ${seconds(build.coldSeconds)}`,
    notes: notesOf(row, result),
  };
}

/** Private bytes of one process alone, and of each of two at once. */
function memoryCell(memory: Memory | undefined, size: (n: number | undefined) => string): string {
  if (memory === undefined) return "";
  const one = size(memory.one.privateBytes);
  return memory.two === undefined ? one : `${one} / ${size(memory.two.privateBytes)}`;
}

const signed = (text: string, n: number): string => (n > 0 ? `+${text}` : text);
const milliseconds = (ms: number): string => ms.toFixed(ms < 9.95 ? 1 : 0);

function notesOf(row: LabRow, result: LabResult): string {
  const { variant, outcome, measures, notes } = row;
  // what packs says itself who refuses
  if (outcome.state === "failed" && variant.pack) return outcome.reason;
  if (outcome.state !== "built") return outcomeText(outcome);
  const parts = [...notes];
  const from = result.rows.find((other) => other.variant.name === variant.from);
  if (from !== undefined) {
    const change = changeOf(row, from);
    if (change !== "") parts.push(change);
  }
  const linking = measures.traits?.linking?.value;
  if (linking !== undefined && from !== undefined && linking !== from.measures.traits?.linking?.value)
    parts.push(linking);
  if (measures.tests?.value === true)
    parts.push(result.rows[0].measures.tests?.value === false ? "no other test fails" : "tests pass");
  if (variant.unsafe !== undefined) parts.push(`unsafe: ${variant.unsafe}`);
  else if (variant.price !== "") parts.push(variant.price);
  return parts.join(" · ");
}

/** A lab before it is run. */
export interface LabPlan {
  readonly head: string;
  readonly start: string;
  readonly rows: readonly LabPlanRow[];
  /** Left out, with the reason in the note. */
  readonly onRequest: readonly LabPlanRow[];
}

interface LabPlanRow {
  readonly name: string;
  readonly command: string;
  readonly note: string;
}

export function labPlanText({ head, start, rows, onRequest }: LabPlan, terminal: Terminal): string {
  const columns = [{ title: "VARIANT" }, { title: "" }, { title: "COMMAND" }];
  const cells = (all: readonly LabPlanRow[]): string[][] =>
    all.map(({ name, command, note }) => [name, note, command].map(visible));
  const lines = [head, `started: ${visible(start)}`, "", ...table(terminal, columns, cells(rows))];
  if (onRequest.length > 0)
    lines.push("", "only with --thorough, or by name with --only:", "", ...table(terminal, columns, cells(onRequest)));
  return lines.join("\n") + "\n";
}

/** What became of a variant that was not built. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.state) {
    case "built":
      return "";
    case "failed":
      return `does not build: ${outcome.reason}`;
    case "refused":
      return `refused: ${outcome.reason}`;
    case "absent":
      return `needs ${outcome.tool}: ${outcome.get}`;
    case "skipped":
      return `left out: ${outcome.reason}`;
    default:
      return outcome satisfies never;
  }
}

const MAX_KINDS = 2;
/** Shares of the file below this are noise of layout. */
const LEAST_SHARE = 0.002;

/** What a row has more or less than the one that it starts from: in all, if that is not the first one, and by kind. */
function changeOf(row: LabRow, from: LabRow): string {
  const bytes = row.measures.fileBytes?.value;
  const before = from.measures.fileBytes?.value;
  if (bytes === undefined || before === undefined) return "";
  const delta = bytes - before;
  const whole = signed(formatShare(delta, before), delta);
  const own = from.variant.from === null ? "" : `${delta === 0 ? "same size as" : `${whole} on`} ${from.variant.name}`;
  const kinds = row.measures.kinds?.value;
  const old = from.measures.kinds?.value;
  if (kinds === undefined || old === undefined) return own;
  const changed = KINDS.map((kind: Kind) => ({ kind, delta: (kinds[kind] ?? 0) - (old[kind] ?? 0) }))
    .filter(({ delta: d }) => Math.abs(d) > before * LEAST_SHARE)
    .sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta))
    .slice(0, MAX_KINDS)
    .map(({ kind, delta: d }) => `${kind} ${formatDelta(d)}`)
    .join(", ");
  return own === "" || changed === "" ? own + changed : `${own} (${changed})`;
}
