// The same five targets made by a loop of the shell, by goreleaser and by pare, one after the other.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { against, measure, type Measured, table } from "../measure.ts";
import { PROGRAMS, type Subject, TARGETS, withSubject } from "./subject.ts";

const BARS = { warm: { loop: 0.9, goreleaser: 0.8 }, cold: { loop: 1, goreleaser: 1 } };

/** Everything is compiled already: what is left is to link, to pack and to hash. */
export async function warm(name = "ko", runs = 3): Promise<void> {
  await withSubject(PROGRAMS[name], async (subject) => {
    const { loop, pare, goreleaser } = subject.contenders();
    const commands = [loop, pare, ...(goreleaser === undefined ? [] : [goreleaser])];
    // everything is compiled before anything is timed, and pare has seen what builds take
    measure([loop, pare], 1, subject.place);
    report(
      `${name}, ${TARGETS.length} targets, everything compiled`,
      measure(commands, runs, subject.place),
      subject,
      "warm",
    );
  });
}

/** Nothing is compiled: each contender begins with an empty build cache of its own; the best of several rounds, which change their order. */
export async function cold(name = "yq", rounds = 2): Promise<void> {
  await withSubject(PROGRAMS[name], (subject) => {
    const { loop, pare, goreleaser } = subject.contenders();
    const commands = [loop, pare, ...(goreleaser === undefined ? [] : [goreleaser])];
    const best: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      const order = [...commands.keys()];
      for (const i of round % 2 === 0 ? order : order.reverse()) {
        const GOCACHE = path.join(subject.base, "go-build");
        rmSync(GOCACHE, { recursive: true, force: true });
        mkdirSync(GOCACHE);
        const [took] = measure([commands[i]], 1, { ...subject.place, env: { ...subject.place.env, GOCACHE } });
        if (best[i] === undefined || took.seconds < best[i].seconds) best[i] = took;
      }
    }
    report(`${name}, ${TARGETS.length} targets, nothing compiled, best of ${rounds}`, best, subject, "cold");
  });
}

function report(title: string, [plain, own, other]: Measured[], subject: Subject, bars: keyof typeof BARS): void {
  const { base, dist } = subject;
  const row = (name: string, { seconds, cpu }: Measured, archives: string, bar?: number): string[] => [
    name,
    seconds.toFixed(2),
    cpu.toFixed(2),
    (subject.archived(archives) / 1e6).toFixed(1),
    bar === undefined ? "" : against(own.seconds / seconds, bar, 2),
  ];
  const rows = [
    [title, "seconds", "processor", "archives, MB", "pare takes"],
    row("pare release", own, dist),
    row("xargs -P2", plain, path.join(base, "loop"), BARS[bars].loop),
  ];
  if (other !== undefined) rows.push(row("goreleaser", other, path.join(base, "goreleaser"), BARS[bars].goreleaser));
  console.log(table(rows));
}
