// Rules about several targets, packing and archives.
import type { FileOf, Script } from "../../buildfiles/buildfile.ts";
import { type GoBuild, goBuildOf } from "../../buildfiles/gobuild.ts";
import type { Command } from "../../buildfiles/shell.ts";
import { OPEN, type Span } from "../../buildfiles/text.ts";
import { at, entryOf, itemsOf, scalarsOf, textAt } from "../../buildfiles/tree.ts";
import type { Found } from "./finding.ts";
import type { Project } from "./project.ts";
import { waitingLinks } from "./times.ts";
import { addEntry } from "./yamledits.ts";

export function upxOnServer(project: Project): Found[] {
  return project.files.flatMap((file): Found[] => {
    const isImage = file.kind === "dockerfile";
    if (!isImage && project.program?.isServer !== true) return [];
    const what = isImage ? "an image" : "a server";
    const message = `UPX in ${what}: layers are compressed anyway, the program starts later, and its pages are no longer shared`;
    if (file.kind === "goreleaser") {
      return itemsOf(at(file.releaser.tree, "upx"))
        .filter((item) => item.kind === "mapping" && textAt(item, "enabled") !== "false")
        .map(({ start, end }) => ({ file, start, end, message }));
    }
    return file.scripts.flatMap(({ commands }) =>
      commands.flatMap(({ words, start, end }) => {
        const [name] = words;
        if (!/(?:^|\/)upx(?:-ucl)?$/.test(name.text)) return [];
        if (words.some((word) => /^(?:-d|-t|-l|--test|--list|--version|-V|--decompress)$/.test(word.text))) return [];
        return [{ file, start, end, message }];
      }),
    );
  });
}

/** How many builds for different targets, one after the other, are a queue. */
const QUEUE = 3;

export function sequentialTargets(project: Project): Found[] {
  return project.files.flatMap((file) =>
    file.scripts.flatMap((script): Found[] => {
      const loop = script.commands.find((command) => isTargetLoop(command));
      if (loop) {
        const [{ start }] = loop.loops;
        return [
          {
            file,
            start,
            end: loop.end,
            message: "targets are built one after the other: each link waits for the one before it",
            time: waitingLinks(project, targetsOf(loop)),
          },
        ];
      }
      const builds = buildsForTargets(script);
      const targets = new Set(builds.map(targetOf));
      if (targets.size < QUEUE || builds.some(({ command }) => command.isBackground)) return [];
      const message = `${targets.size} targets are built one after the other: each link waits for the one before it`;
      const time = waitingLinks(project, targets.size);
      return [{ file, start: builds[0].command.start, end: builds[0].command.end, message, time }];
    }),
  );
}

/** How many builds the loops around a command make; 0 if nobody knows. */
function targetsOf({ loops }: Command): number {
  return loops.reduce(
    (count, { values }) => count * (values.some((each) => each.includes(OPEN)) ? 0 : values.length),
    1,
  );
}

function isTargetLoop(command: Command): boolean {
  if (!goBuildOf(command) || command.loops.length === 0 || command.isBackground) return false;
  return ["GOOS", "GOARCH"].some((name) => command.env.has(name) && command.env.get(name) === undefined);
}

function buildsForTargets({ commands }: Script): GoBuild[] {
  return commands.flatMap((command) => {
    const build = goBuildOf(command);
    return build && (command.env.has("GOOS") || command.env.has("GOARCH")) ? [build] : [];
  });
}

function targetOf({ command: { env } }: GoBuild): string {
  return ["GOOS", "GOARCH", "GOARM"].map((name) => env.get(name) ?? "").join("/");
}

export function severalGoamd64(project: Project): Found[] {
  return project.files.flatMap((file): Found[] => {
    const say = ({ start, end }: Span, values: readonly string[]): Found[] => {
      const message = `${values.length} programs for amd64 (GOAMD64=${values.join(", ")}), each built, stored and tested: ship a second one only after a benchmark that it wins`;
      return new Set(values).size < 2 ? [] : [{ file, start, end, message }];
    };
    if (file.kind === "goreleaser")
      return file.releaser.builds.flatMap(({ goamd64 }) => {
        const values = scalarsOf(goamd64).map((item) => item.text);
        return goamd64 ? say(goamd64, values) : [];
      });
    if (file.kind === "github")
      return file.workflow.jobs.flatMap((job) => {
        const [, values = []] = [...job.matrix].find(([name]) => /^(?:.*\.)?goamd64$/i.test(name)) ?? [];
        return say(
          job.entry.key,
          values.filter((value) => value !== ""),
        );
      });
    return file.scripts.flatMap(({ commands }) => {
      const builds = commands.filter((command) => goBuildOf(command) && command.env.has("GOAMD64"));
      const looped = builds.find((command) => command.env.get("GOAMD64") === undefined && command.loops.length > 0);
      const loop = looped?.loops.find(({ values }) => values.every((value) => /^v[1-4]$/.test(value)));
      if (loop) return say(loop, loop.values);
      const values = [...new Set(builds.flatMap((command) => command.env.get("GOAMD64") ?? []))];
      return builds.length > 0 ? say(builds[0], values) : [];
    });
  });
}

/** A program that packs, and what it lacks to make the same archive of the same files. */
interface Packer {
  readonly name: RegExp;
  isPacking(words: readonly string[]): boolean;
  lacks(words: readonly string[], command: Command): string | undefined;
  /** A flag behind the name that is safe anywhere. */
  readonly flag?: string;
}

const PACKERS: readonly Packer[] = [
  {
    name: /^(?:g|bsd)?tar$/,
    isPacking: (words) =>
      words.some(
        (word, i) =>
          /^--create$|^-[a-zA-Z]*c[a-zA-Z]*$/.test(word) ||
          (i === 0 && /^[a-zA-Z]*c[a-zA-Z]*f?[a-zA-Z]*$/.test(word) && !word.includes("x")),
      ),
    lacks: (words) => {
      const missing = ["--mtime", "--sort"].filter((flag) => !words.some((word) => word.startsWith(flag)));
      return missing.length > 0
        ? `tar without ${missing.join(" and ")} writes times and order of this machine`
        : undefined;
    },
  },
  {
    name: /^gzip$/,
    isPacking: (words) => !words.some((word) => /^(?:-[a-z]*[dtl][a-z]*|--(?:decompress|test|list))$/.test(word)),
    // from stdin there is no name and no time to keep
    lacks: (words) =>
      words.every((word) => word.startsWith("-")) ||
      words.some((word) => /^-[a-z0-9]*n/.test(word) || word === "--no-name")
        ? undefined
        : "gzip without -n writes the file's time",
    flag: "-n",
  },
  {
    name: /^zip$/,
    isPacking: (words) => !words.some((word) => /^-(?:T|sf|h)$/.test(word)),
    lacks: (words) =>
      words.some((word) => /^-[a-zA-Z0-9]*X/.test(word) || word === "--no-extra")
        ? undefined
        : "zip without -X writes times, users and attributes of this machine",
    flag: "-X",
  },
];

export function archiveTimes(project: Project): Found[] {
  return project.files.flatMap((file): Found[] => {
    if (file.kind === "goreleaser") return releaserTimes(file);
    return file.scripts.flatMap(({ commands }) => {
      // archives of programs that are built here, no other
      if (!commands.some((command) => goBuildOf(command))) return [];
      return commands.flatMap((command): Found[] => {
        const [name, ...rest] = command.words;
        const words = rest.map((word) => word.text);
        const packer = PACKERS.find((each) => each.name.test(name.text.replace(/^.*\//, "")));
        if (!packer?.isPacking(words) || command.words.some((word) => word.text === OPEN)) return [];
        const lack = packer.lacks(words, command);
        if (lack === undefined) return [];
        const isPlain = !command.isNested && file.text.slice(name.start, name.end) === name.text;
        const fix =
          packer.flag !== undefined && isPlain
            ? [{ start: name.end, end: name.end, text: ` ${packer.flag}` }]
            : undefined;
        return [
          { file, start: name.start, end: command.end, message: `${lack}: two archives of one program differ`, fix },
        ];
      });
    });
  });
}

/** Programs that are published as they are have no archive that would hold a time. */
function hasNoArchives(file: FileOf<"goreleaser">): boolean {
  const archives = itemsOf(at(file.releaser.tree, "archives"));
  return (
    archives.length > 0 &&
    archives.every((archive) => {
      const formats = [at(archive, "format"), at(archive, "formats")].flatMap(scalarsOf).map((item) => item.text);
      return formats.length > 0 && formats.every((format) => format === "binary") && !at(archive, "format_overrides");
    })
  );
}

function releaserTimes(file: FileOf<"goreleaser">): Found[] {
  if (hasNoArchives(file)) return [];
  const builds = file.releaser.builds.flatMap(({ node, modTimestamp }) => (modTimestamp === undefined ? [node] : []));
  const universal = itemsOf(at(file.releaser.tree, "universal_binaries")).filter(
    (item) => item.kind === "mapping" && entryOf(item, "mod_timestamp") === undefined,
  );
  return [...builds, ...universal].flatMap((node) => {
    if (node.kind !== "mapping" || node.entries.length === 0) return [];
    const [{ key, value }] = node.entries;
    const message = 'programs in archives have the time of their build: set mod_timestamp: "{{ .CommitTimestamp }}"';
    return [
      {
        file,
        start: key.start,
        end: Math.max(key.end, Math.min(value.end, key.end + 200)),
        message,
        fix: addEntry(file.text, node, 'mod_timestamp: "{{ .CommitTimestamp }}"'),
      },
    ];
  });
}
