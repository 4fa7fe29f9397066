// What findings cost in seconds: by builds of the program that were measured on this machine, and not at all without them.
import type { Time } from "./finding.ts";
import type { Project } from "./project.ts";

/** What an empty build cache costs one build. */
export function compileTime({ program }: Project): Time | undefined {
  const times = program?.buildSeconds;
  if (!times || times.cold <= times.warm) return undefined;
  return {
    seconds: times.cold - times.warm,
    basis: "measured",
    how: `go build ${program.name} on this machine with an empty cache took ${secondsText(times.cold)}, with a full one ${secondsText(times.warm)}`,
  };
}

/** A build that has all in its cache: the least that a run for nothing costs. */
export function warmTime({ program }: Project): Time | undefined {
  const times = program?.buildSeconds;
  if (!times) return undefined;
  const how = `go build ${program.name} on this machine with a full cache, the least that a run takes; tests come on top`;
  return { seconds: times.warm, basis: "measured", how };
}

/** Links that wait for one another, of builds for several targets. */
export function waitingLinks({ program }: Project, targets: number): Time | undefined {
  const times = program?.buildSeconds;
  if (!times || targets < 2) return undefined;
  return {
    seconds: (targets - 1) * times.warm,
    basis: "estimate",
    how: `a build with a full cache, mostly its link, takes ${secondsText(times.warm)} on this machine; all but the first of ${targets} wait`,
  };
}

/** "41 s", "0.52 s" */
export function secondsText(value: number): string {
  return `${value < 9.95 ? value.toPrecision(2) : Math.round(value)} s`;
}
