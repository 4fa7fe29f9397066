// Which version of pare this is.
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

export function version(): string {
  const path = findPackageJSON(import.meta.url);
  return path === undefined ? "unknown" : (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
