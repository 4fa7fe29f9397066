// Mends what is safe to mend: edits are put in, the files are read again, until there is nothing left to do.
import { type BuildFile, readBuildFile } from "../../buildfiles/buildfile.ts";
import { Unreadable } from "../../buildfiles/unreadable.ts";
import type { BuildRule } from "../schema.ts";
import { audit } from "./audit.ts";
import type { Edit, Finding } from "./finding.ts";
import type { Project } from "./project.ts";

export interface Mended {
  /** Files that change, sorted by path. */
  readonly changes: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  /** How many findings are gone. */
  readonly count: number;
  /** Those that stay. */
  readonly findings: readonly Finding[];
}

const MAX_ROUNDS = 10;

export function mend(project: Project, rules: readonly BuildRule[]): Mended {
  let files = project.files;
  const before = audit(project, rules);
  let findings = before;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const edits = findings.flatMap((finding) => finding.fix ?? []);
    const next = files.map((file) =>
      edited(
        file,
        edits.filter((edit) => edit.file === file.path),
      ),
    );
    if (next.every((file, i) => file === files[i])) break;
    files = next;
    findings = audit({ ...project, files }, rules);
  }
  const changes = files.flatMap((file, i) => {
    const old = project.files[i].text;
    return file.text === old ? [] : [{ path: file.path, before: old, after: file.text }];
  });
  return { changes, count: Math.max(0, before.length - findings.length), findings };
}

/** The file with edits in it; as it was if it could not be read afterwards. */
function edited(file: BuildFile, edits: readonly Edit[]): BuildFile {
  const text = applyEdits(file.text, edits);
  if (text === file.text) return file;
  try {
    return readBuildFile(file.kind, file.path, text);
  } catch (error) {
    if (error instanceof Unreadable) return file;
    throw error;
  }
}

/** Puts edits in; of several that overlap or are equal the first alone. */
export function applyEdits(text: string, edits: readonly Omit<Edit, "file">[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  const seen = new Set<string>();
  let done = 0;
  for (const { start, end, text: put } of sorted) {
    const key = `${start} ${end} ${put}`;
    if (start < done || seen.has(key)) continue;
    seen.add(key);
    parts.push(text.slice(done, start), put);
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join("");
}
