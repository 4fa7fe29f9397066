// Options that commands share.
import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Options of every command, listed last. */
export function common(command: Command): Command {
  return command
    .optionsGroup("General:")
    .addOption(new Option("-C, --directory <dir>", "change to this directory first"))
    .option("-q, --quiet", "no notes and warnings on stderr")
    .option("-v, --verbose", "say where in the file an error is");
}

/** Parses the number of an option. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number above 0.");
  return value;
}

/** Parses "90s", "5m", "1h30m" or plain seconds; answers seconds. */
export function duration(text: string): number {
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text);
  const seconds =
    found === null ? 0 : 3600 * Number(found[1] ?? 0) + 60 * Number(found[2] ?? 0) + Number(found[3] ?? 0);
  if (seconds <= 0) throw new InvalidArgumentError("It must be a time such as 90s or 5m.");
  return seconds;
}

/** Commander does not say which words stood behind "--". Refuses no words in front of it, unless there `mayBeNone`. */
export function split(
  words: readonly string[],
  program: Command,
  mayBeNone = false,
): { operands: string[]; flags: string[] } {
  const { rawArgs } = program as unknown as { rawArgs: readonly string[] };
  const at = rawArgs.indexOf("--");
  const flags = at < 0 ? 0 : rawArgs.length - at - 1;
  if (flags >= words.length && !mayBeNone) throw new Failure(EXIT.usage, "missing required argument 'words'");
  return { operands: words.slice(0, words.length - flags), flags: words.slice(words.length - flags) };
}

/** "4G", "512M" or bytes. */
export function memorySize(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([KMGT]?)(i?)B?$/i.exec(text);
  const bytes =
    found === null
      ? 0
      : Number(found[1]) * (found[3] === "" ? 1000 : 1024) ** " KMGT".indexOf(found[2].toUpperCase() || " ");
  if (!(bytes >= 1)) throw new InvalidArgumentError("It must be a size such as 4G or 512M.");
  return bytes;
}

/** "180d", "12h", or what `duration` reads; answers seconds. */
export function age(text: string): number {
  const days = /^(\d+)d$/.exec(text);
  return days === null ? duration(text) : 86_400 * Number(days[1]);
}
