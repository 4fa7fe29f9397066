// The answer of bare `pare`: what each flag saves, measured, and what the program to ship is made of.
import type { Snapshot } from "../ledger/snapshot.ts";
import { visible } from "./escape.ts";
import { bold, dim, table, type Terminal } from "./terminal.ts";
import { textReport } from "./text.ts";
import { formatDelta, formatBytes, formatExact, formatShare } from "./units.ts";

/** One build of the same program; sizes are of the files that were built. */
export interface OverviewRow {
  readonly change: string;
  readonly price: string;
  readonly bytes: number;
}

export interface Overview {
  /** In order, each with the changes of those before it. */
  readonly rows: readonly OverviewRow[];
  /** The last row's program. */
  readonly release: Snapshot;
  /** Command line that builds it. */
  readonly command: string;
}

export function overviewText(overview: Overview, terminal: Terminal): string {
  const { rows, release, command } = overview;
  const first = rows[0].bytes;
  const last = rows[rows.length - 1].bytes;
  const cells = rows.map((row, i) => {
    const before = i === 0 ? row.bytes : rows[i - 1].bytes;
    const delta = row.bytes - before;
    return [
      (i === 0 ? "" : "+ ") + row.change,
      formatExact(row.bytes),
      i === 0 ? "" : formatDelta(delta, true),
      i === 0 ? "" : formatShare(delta, first),
      row.price,
    ];
  });
  const columns = [
    { title: "build (measured)" },
    { title: "bytes", right: true },
    { title: "change", right: true },
    { title: "", right: true },
    { title: "price", flexible: true },
  ];
  const saved = first - last;
  const lines = [
    ...table(terminal, columns, cells),
    "",
    `${bold(terminal, `${formatBytes(saved)} less (${formatShare(saved, first)})`)} with  ${visible(command)}`,
    "",
    dim(terminal, "what the release build is made of:"),
    "",
  ];
  return lines.join("\n") + "\n" + textReport(release, { terminal });
}
