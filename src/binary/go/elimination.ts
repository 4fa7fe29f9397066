// Was dead-code elimination of methods on when a program was linked? Its method tables tell: cmd/link/internal/ld/deadcode.go.
import type { TypeTable } from "./types.ts";

/**
 * Shares of types with some, yet not all, of their exported methods among types in itabs that have two or more and keep at least one.
 * With elimination off, a type in an interface keeps them all; at most 1 % had not (types that are in an itab for an assertion only, and
 * are called directly). With it on, a third and more do not keep all. Measured on programs for 20 targets and Go 1.16 to 1.26.
 */
const [MOST_OFF, LEAST_ON] = [0.03, 0.12];
/** So many methods, and all of them kept, are no chance. */
const ENOUGH = 16;

/** Judges by the types that have an itab, by index in the table; undefined if they do not tell. */
export function methodElimination(types: TypeTable, inItabs: Iterable<number>): "on" | "off" | undefined {
  let all = 0;
  let some = 0;
  let methods = 0;
  for (const i of new Set(inItabs)) {
    if (i < 0 || types.exportedMethods[i] < 2 || types.keptMethods[i] === 0) continue;
    methods += types.keptMethods[i];
    if (types.keptMethods[i] === types.exportedMethods[i]) all++;
    else some++;
  }
  const share = some / (all + some);
  if (share >= LEAST_ON) return "on";
  return methods >= ENOUGH && share <= MOST_OFF ? "off" : undefined;
}
