// What is done if nothing changed, if only documents did, and if only a file for one system did: go is counted by a program in its place.
import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { against, measure, table } from "../measure.ts";
import { PROGRAMS, type Subject, withSubject } from "./subject.ts";

const SECONDS = 0.5;

export async function unchanged(name = "ko", runs = 5): Promise<void> {
  await withSubject(PROGRAMS[name], async (subject) => {
    released(subject, subject.place.env);
    const [took] = measure([subject.pare()], runs, subject.place);
    const watched = subject.watchGo();
    // the first look at a go of another place
    released(subject, watched.env);
    watched.asked();
    const rows = [[name, "seconds", "go build", "go"]];
    const row = (what: string, seconds: string): void => {
      released(subject, watched.env);
      const asked = watched.asked();
      const builds = asked.filter((line) => line.startsWith("build ")).map((line) => line.slice("build ".length));
      rows.push([what, seconds, builds.length === 0 ? "0" : builds.join(" "), String(asked.length)]);
    };
    row("nothing changed", against(took.seconds, SECONDS, 2));
    appendFileSync(path.join(subject.module, "README.md"), "\nOne more line.\n");
    row("README.md changed", "");
    subject.commit();
    row("and committed", "");
    appendFileSync(path.join(subject.module, subject.program.pkg, "bench_windows.go"), "\nvar _ = 1\n");
    row("bench_windows.go changed", "");
    console.log(table(rows));
  });
}

function released(subject: Subject, env: Readonly<Record<string, string>>): void {
  const [command, ...words] = subject.pare();
  const { status, stderr } = spawnSync(command, words, {
    cwd: subject.module,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
}
