// View → CSV (RFC 4180): exact numbers, one column per kind.
import { KINDS } from "../ledger/ledger.ts";
import type { View } from "../ledger/views.ts";
import { csvCell } from "./escape.ts";

/** Header and rows, each ended by CR LF; what `top` cut off is not in it. */
export function csvView(view: View): string {
  const columns: [string, (row: View["rows"][number]) => string | number][] = [
    [view.by, (row) => row.name],
    ["bytes", (row) => row.bytes],
  ];
  if (view.by === "package" || view.by === "symbol") columns.push(["module", (row) => row.module ?? ""]);
  if (view.by === "symbol" || view.by === "embed") columns.push(["package", (row) => row.package ?? ""]);
  if (view.by === "module" || view.by === "package") {
    columns.push(
      ["version", (row) => row.version ?? ""],
      ["role", (row) => row.role ?? (row.overhead ? "overhead" : "")],
    );
  }
  if (view.by === "symbol" || view.by === "section") columns.push(["letter", (row) => row.letter ?? ""]);
  if (view.by === "embed") columns.push(["usedBy", (row) => row.usedBy?.join(" ") ?? ""]);
  if (view.hasInlined) columns.push(["inlined", (row) => row.inlined ?? 0]);
  if (view.hasMemory) columns.push(["memory", (row) => row.memory ?? 0]);
  if (view.by !== "kind" && view.by !== "embed") {
    for (const kind of KINDS) columns.push([kind, (row) => row.kinds[kind] ?? 0]);
  }
  const lines = [columns.map(([title]) => title).join(",")];
  for (const row of view.rows) lines.push(columns.map(([, cell]) => csvCell(cell(row))).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}
