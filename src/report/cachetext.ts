// `pare cache` → text.
import type { CacheDocument } from "../cache/schema.ts";
import { visible } from "./escape.ts";
import { table, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact } from "./units.ts";

export function cacheText(document: CacheDocument, terminal: Terminal, dryRun: boolean): string {
  const { directory, modules, keys, bytes, byAge, byKind, orphaned, removed, moduleVersions, removedVersions } =
    document;
  const lines: string[] = [];
  if (keys) {
    for (const [name, { key, restore }] of Object.entries(keys)) {
      lines.push(`${name} cache: ${visible(name === "build" ? directory : modules)}`, `  key      ${visible(key)}`);
      for (const prefix of restore) lines.push(`  restore  ${visible(prefix)}`);
    }
  }
  if (removed) {
    const verb = dryRun ? "would remove" : "removed";
    lines.push(`${verb} ${formatBytes(removed.bytes)} in ${formatExact(removed.files)} files of ${visible(directory)}`);
  }
  for (const version of removedVersions ?? []) {
    const name = `${visible(version.path)} ${visible(version.version)}`;
    lines.push(`${dryRun ? "would remove" : "removed"} ${name}, ${formatBytes(version.bytes)}`);
  }
  if (bytes !== undefined) lines.push(`${visible(directory)}: ${formatBytes(bytes)}`);
  const columns = [{ title: "" }, { title: "files", right: true }, { title: "size", right: true }];
  for (const [title, rows] of [
    ["last used", byAge],
    ["kind", byKind],
  ] as const) {
    if (!rows) continue;
    const cells = rows.map((row) => [row.name, formatExact(row.files), formatBytes(row.bytes)]);
    lines.push("", ...table(terminal, [{ ...columns[0], title }, columns[1], columns[2]], cells));
  }
  if (orphaned && orphaned.files > 0) {
    lines.push(
      "",
      `orphaned: ${formatBytes(orphaned.bytes)} in ${formatExact(orphaned.files)} files; pare cache trim removes them`,
    );
  }
  if (moduleVersions) {
    lines.push(
      "",
      `${visible(modules)}: ${formatBytes(moduleVersions.bytes)} in ${moduleVersions.files} versions of modules`,
    );
  }
  return `${lines.join("\n").replace(/^\n/, "")}\n`;
}
