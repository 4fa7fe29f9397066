// `pare cache` and its own commands: their options and help.
import { type Command, Option } from "commander";
import type { KeyFlags, TrimFlags } from "./cache.ts";
import { type ProgFlags, UPLOAD_WAIT } from "./progflags.ts";
import { age, common, duration, memorySize, split } from "./options.ts";

export function addCache(program: Command): void {
  const cache = program
    .command("cache")
    .summary("Go's caches: keys for CI, what is in them, a remote tier")
    .description(
      `Looks after Go's build cache and module cache, and shares the build cache between machines.

Examples:
  pare cache key --github > cache-steps.yml      steps that save and restore both caches
  pare cache trim --max-age 1d --modules         before CI saves them: only what was used
  GOCACHEPROG="pare cache prog" go build ./...   ask a remote cache (PARE_CACHE_REMOTE) behind the local one`,
    )
    .helpCommand(false);
  addKey(cache, program);
  addEnv(cache);
  addSize(cache);
  addTrim(cache);
  addProg(cache);
}

const JSON_OPTION = ["--json", "one document: pare.cache/1"] as const;

function addKey(cache: Command, program: Command): void {
  const command = cache
    .command("key")
    .summary("keys under which CI saves the caches")
    .description(
      `Prints keys made of the system, the Go version, settings and flags that decide what is compiled, and go.sum; and the
prefixes to restore from.

Examples:
  pare cache key
  pare cache key -- -tags prod -race    builds with these flags have a cache of their own
  pare cache key --github               steps for actions/cache`,
    )
    .usage("[options] [-- go build flags]")
    .argument("[flags...]", "flags for go build, after --")
    .addOption(new Option(...JSON_OPTION).conflicts("github"))
    .option("--github", "steps of a GitHub workflow");
  common(command).action(async (words: string[], options: KeyFlags) => {
    const { flags } = split(words, program, true);
    await (await import("./cache.ts")).keyCommand(flags, options);
  });
}

function addEnv(cache: Command): void {
  const command = cache
    .command("env")
    .summary("variables for a shell")
    .description(
      `Prints where the caches are, and the variable that makes the go command ask pare.

Examples:
  eval "$(pare cache env)"
  pare cache env --json | jq -r .GOCACHE`,
    )
    .option("--json", "the variables as one object");
  common(command).action(async (options: KeyFlags) => {
    await (await import("./cache.ts")).envCommand(options);
  });
}

function addSize(cache: Command): void {
  const command = cache
    .command("size")
    .summary("what the caches hold")
    .description(
      `Shows the build cache by last use and kind, what in it leads nowhere, and the module cache.

Examples:
  pare cache size
  pare cache size --json | jq .orphaned`,
    )
    .option(...JSON_OPTION);
  common(command).action(async (options: KeyFlags) => {
    await (await import("./cache.ts")).sizeCommand(options);
  });
}

function addTrim(cache: Command): void {
  const command = cache
    .command("trim")
    .summary("remove what was not used for long")
    .description(
      `Removes from the build cache what leads nowhere, then by last use. Go notes uses to the hour: what was used within --max-age
stays for certain. With --modules, versions of modules that go.sum of this module does not mention go from the module cache:
for CI, where nobody else uses it.

Examples:
  pare cache trim --max-age 5d
  pare cache trim --max-size 2G --dry-run
  pare cache trim --max-age 1h --modules`,
    )
    .addOption(new Option("--max-age <time>", "not used for longer: 5d, 12h").argParser(age))
    .addOption(new Option("--max-size <bytes>", "what the build cache may take: 2G, 500M").argParser(memorySize))
    .option("--modules", "also versions of modules that go.sum does not mention")
    .option("--dry-run", "tell, do not remove")
    .option(...JSON_OPTION);
  common(command).action(async (options: TrimFlags) => {
    await (await import("./cache.ts")).trimCommand(options);
  });
}

function addProg(cache: Command): void {
  cache
    .command("prog")
    .summary("what GOCACHEPROG names: the local cache with a remote one behind it")
    .description(
      `Answers the go command (Go 1.24 or newer). Reads and writes Go's own build cache; what is not there comes from the remote, what is
new goes there in the background. A remote that fails is one warning, never a failed build.

Remotes: http(s)://host/path/ (Bazel's HTTP cache protocol: bazel-remote, BuildBuddy, nginx with DAV), s3://bucket/prefix.
Secrets come from the environment: PARE_CACHE_REMOTE=https://user:password@host/, PARE_CACHE_TOKEN, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL.

Examples:
  export GOCACHEPROG="pare cache prog" PARE_CACHE_REMOTE=http://cache:8080/
  GOCACHEPROG="pare cache prog --read-only" go build ./...    for builds of strangers' pull requests`,
    )
    .option("--dir <dir>", "the local cache (default: GOCACHE, or where Go has it)")
    .option("--remote <url>", "instead of PARE_CACHE_REMOTE, for a remote without secrets")
    .option("--read-only", "take from the remote, give nothing to it")
    .addOption(
      new Option("--upload-wait <duration>", "how long uploads may hold the go command in the end")
        .argParser(duration)
        .default(UPLOAD_WAIT, `${UPLOAD_WAIT}s`),
    )
    .action(async (options: ProgFlags) => {
      await (await import("./cacheprog.ts")).progCommand(options);
    });
}
