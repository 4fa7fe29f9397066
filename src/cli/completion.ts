// Completion for four shells: the scripts and the answers come from the same tree of commands as the help.
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";

function completer(program: Command): ReturnType<typeof tab> {
  for (const command of program.commands) command.description(command.summary() || command.description());
  return tab(program, { completionCommandName: "completion" });
}

/** Prints the script that connects a shell to `pare complete`. */
export function printScript(program: Command, shell: string): void {
  completer(program).setup("pare", "pare", shell);
}

/** Prints the candidates for a command line, the last word being completed. */
export function answer(program: Command, words: string[]): void {
  completer(program).parse(words);
}
