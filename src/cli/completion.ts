// Completion for four shells: the scripts and the answers come from the same tree of commands as the help.
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { write } from "./output.ts";

/** Descriptions are pages, completions show a line: the summary. */
function shorten({ commands }: Command): void {
  for (const command of commands) {
    command.description(command.summary() || command.description());
    shorten(command);
  }
}

function completer(program: Command): ReturnType<typeof tab> {
  shorten(program);
  return tab(program, { completionCommandName: "completion" });
}

/** The library prints with console.log: what it says is taken here, to be mended before it goes out. */
function said(work: () => void): string[] {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: unknown) => void lines.push(String(line));
  try {
    work();
  } finally {
    console.log = log;
  }
  return lines;
}

/** Prints the script that connects a shell to `pare complete`. */
export async function printScript(program: Command, shell: string): Promise<void> {
  const lines = said(() => completer(program).setup("pare", "pare", shell));
  // where pare has nothing to offer, bash offers files
  await write("-", `${lines.join("\n").replace(/^complete -F/m, "complete -o default -F")}\n`);
}

/** Prints the candidates for a command line, the last word being completed. */
export async function answer(program: Command, words: string[]): Promise<void> {
  const lines = said(() => completer(program).parse(words));
  // the last line is a directive; ":0" leaves the word to the shell, which knows files
  await write("-", `${(lines.length > 1 ? lines : [":0"]).join("\n")}\n`);
}
