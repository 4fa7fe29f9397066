// The document of an audit.
import type { Finding } from "./finding.ts";

export const AUDIT_SCHEMA = "pare.audit/1";

export interface Audit {
  readonly schema: typeof AUDIT_SCHEMA;
  /** Build files that were read, sorted. */
  readonly files: readonly string[];
  /** The program that was built; null: none was. */
  readonly program: { readonly name: string; readonly target: string; readonly bytes: number } | null;
  /** By file, line, column, code. */
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}
