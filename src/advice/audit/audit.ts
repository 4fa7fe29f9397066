// The audit: every rule over a project → findings with places, sorted; what comments suppress is left out.
import { Lines } from "../../buildfiles/text.ts";
import type { BuildRule } from "../schema.ts";
import { noTrimpath, notStripped } from "./buildflags.ts";
import { cacheKey, cacheNotKept, docsOnlyBuilds, noRestoreKeys, setupCacheOff } from "./ci.ts";
import {
  copyBeforeDownload,
  heavyBase,
  noCacheMount,
  noDockerignore,
  noRoots,
  noZones,
  rootUser,
} from "./dockerfile.ts";
import { cgoOnStaticBase, cgoWithoutNeed } from "./cgo.ts";
import { emulatedBuild, noRegistryCache, singlePlatform } from "./images.ts";
import {
  badVersionPair,
  duplicateLibraries,
  eliminationOff,
  heavyDependency,
  testCode,
  untidy,
  unusedRequirement,
} from "./modules.ts";
import { archiveTimes, sequentialTargets, severalGoamd64, upxOnServer } from "./targets.ts";
import type { Finding, Found } from "./finding.ts";
import type { Project } from "./project.ts";
import { suppressions } from "./suppress.ts";

/** What each rule of knowledge/buildfiles.yaml looks for. */
export const CHECKS: Readonly<Record<string, (project: Project) => Found[]>> = {
  B001: notStripped,
  B002: noTrimpath,
  B003: cgoWithoutNeed,
  B004: upxOnServer,
  B005: sequentialTargets,
  B006: severalGoamd64,
  B007: archiveTimes,
  C001: cacheNotKept,
  C002: cacheKey,
  C003: noRestoreKeys,
  C004: setupCacheOff,
  C005: docsOnlyBuilds,
  D001: copyBeforeDownload,
  D002: noCacheMount,
  D003: noDockerignore,
  D004: heavyBase,
  D005: rootUser,
  D006: noRoots,
  D007: noZones,
  D008: singlePlatform,
  D009: noRegistryCache,
  D010: emulatedBuild,
  D011: cgoOnStaticBase,
  M001: untidy,
  M002: unusedRequirement,
  M003: duplicateLibraries,
  M004: testCode,
  M005: heavyDependency,
  M006: eliminationOff,
  M007: badVersionPair,
};

export function audit(project: Project, rules: readonly BuildRule[]): Finding[] {
  const findings: Finding[] = [];
  const places = new Map<
    string,
    { lines: Lines; suppresses: (line: number, endLine: number, code: string) => boolean }
  >();
  for (const rule of rules) {
    for (const found of CHECKS[rule.code]?.(project) ?? []) {
      const { path, text } = found.file;
      let place = places.get(path);
      if (!place) places.set(path, (place = { lines: new Lines(text), suppresses: suppressions(text) }));
      const finding = findingOf(rule, found, place.lines);
      if (
        !place.suppresses(finding.line, finding.endLine, rule.code) &&
        !place.suppresses(finding.line, finding.endLine, rule.slug)
      )
        findings.push(finding);
    }
  }
  return findings.sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function findingOf(rule: BuildRule, { file, start, end, message, cost, time, fix = [] }: Found, lines: Lines): Finding {
  const lineEnd = file.text.includes("\r\n") ? "\r\n" : "\n";
  const from = lines.at(start);
  const to = lines.at(Math.max(start, end));
  return {
    code: rule.code,
    slug: rule.slug,
    severity: rule.severity,
    file: file.path,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    message,
    why: rule.why,
    ...(cost ? { cost } : {}),
    ...(time ? { time } : {}),
    ...(fix.length > 0
      ? { fix: fix.map((edit) => ({ file: file.path, ...edit, text: edit.text.replaceAll("\n", lineEnd) })) }
      : {}),
  };
}
