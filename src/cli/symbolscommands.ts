// `pare symbols` and its own commands: their options and help.
import { type Command, InvalidArgumentError, Option } from "commander";
import { age, common, memorySize } from "./options.ts";
import type { AddFlags, GcFlags, ResolveFlags, ServeFlags } from "./symbols.ts";

export function addSymbols(program: Command): void {
  const symbols = program
    .command("symbols")
    .summary("keep what is stripped off, and read crashes with it")
    .description(
      `Keeps the unstripped twins of released programs by build ID, serves them to debuggers, and turns addresses of
stripped programs into functions, files and lines.

Examples:
  pare symbols add server.full --of server       keep a twin under the names of the stripped file
  pare symbols resolve ./server 0x48e1f5         one address; Go's own tables need no twin
  pare symbols resolve ./server - < crash.txt    fill in what a traceback lacks
  pare symbols serve                             for DEBUGINFOD_URLS of gdb, perf and delve`,
    )
    .helpCommand(false);
  addAdd(symbols);
  addList(symbols);
  addGc(symbols);
  addServe(symbols);
  addResolve(symbols);
}

const STORE = ["--store <dir>", "where the store is (default: symbols in pare's data directory)"] as const;

function addAdd(symbols: Command): void {
  const command = symbols
    .command("add")
    .summary("put executables into the store")
    .description(
      `Puts executables into the store, under each of their names: GNU build ID, Mach-O UUID, Go build ID, function table.
A file with symbols is kept for debuggers (debuginfo), a stripped one as it is (executable).

Examples:
  pare symbols add server.full --of server    a twin, found by the names of the stripped file too
  pare symbols add dist/*                     whatever each file is`,
    )
    .argument("<files...>", "executables")
    .option(...STORE)
    .option("--of <file>", "the stripped file that this one is the twin of: kept beside it")
    .option("--name <text>", "what people call it (default: the file's name)")
    .option("--json", "one document: pare.symbols/1");
  common(command).action(async (files: string[], options: AddFlags) => {
    await (await import("./symbols.ts")).addCommand(files, options);
  });
}

function addList(symbols: Command): void {
  const command = symbols
    .command("list")
    .description(
      `Lists what the store has.

Examples:
  pare symbols list
  pare symbols list --json | jq -r '.entries[].id'`,
    )
    .summary("what the store has")
    .option(...STORE)
    .option("--json", "one document: pare.symbols/1");
  common(command).action(async (options: AddFlags) => {
    await (await import("./symbols.ts")).listCommand(options);
  });
}

function addGc(symbols: Command): void {
  const command = symbols
    .command("gc")
    .summary("remove what was not used for long, or is too much")
    .description(
      `Removes entries by last use (added, served or resolved with), then the longest unused until the rest fits.

Examples:
  pare symbols gc --max-age 180d
  pare symbols gc --max-size 5G --dry-run`,
    )
    .option(...STORE)
    .addOption(new Option("--max-age <time>", "not used for longer: 180d, 12h").argParser(age))
    .addOption(new Option("--max-size <bytes>", "what the store may take: 5G, 500M").argParser(memorySize))
    .option("--dry-run", "tell, do not remove")
    .option("--json", "one document: pare.symbols/1");
  common(command).action(async (options: GcFlags) => {
    await (await import("./symbols.ts")).gcCommand(options);
  });
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError("It must be a port number.");
  return value;
}

function addServe(symbols: Command): void {
  const command = symbols
    .command("serve")
    .summary("serve the store to debuggers (debuginfod)")
    .description(
      `Serves the store by the debuginfod protocol on 127.0.0.1, and prints the address. Ends when it is interrupted.

Examples:
  pare symbols serve --port 8002
  DEBUGINFOD_URLS=http://127.0.0.1:8002 gdb ./server
  DEBUGINFOD_URLS=http://127.0.0.1:8002 debuginfod-find debuginfo ./server`,
    )
    .option(...STORE)
    .addOption(new Option("--port <number>", "0 takes a free one").argParser(port).default(0))
    .option("--allow-host <names...>", "names that clients use besides localhost, behind a proxy");
  common(command).action(async (options: ServeFlags) => {
    await (await import("./symbols.ts")).serveCommand(options);
  });
}

function addResolve(symbols: Command): void {
  const command = symbols
    .command("resolve")
    .summary("addresses, tracebacks and profiles → functions, files, lines")
    .description(
      `Turns addresses of a program, stripped or not, into functions, files and lines, with the calls that were inlined. Go code is
found by the program's own tables; names of C functions come from the twin in the store.

  addresses   as in the file; --base for a program that was loaded elsewhere
  traceback   places that are missing are filled in, the rest stays as it is
  profile     of pprof: locations without functions get them; -o writes the profile

Examples:
  pare symbols resolve ./server 0x48e1f5 0x45d2a0
  pare symbols resolve ./server - < crash.txt
  pare symbols resolve 9956cba1446f4e8805b024ac4873006484646e86 crash.txt    by build ID, from the store
  pare symbols resolve ./server cpu.pprof -o cpu.symbols.pprof`,
    )
    .usage("[options] <file | build ID> [addresses... | - | file]")
    .argument("<subject>", "the program, or a build ID in the store")
    .argument("[what...]", "addresses, or a file or - for stdin with addresses, a traceback or a profile (default: -)")
    .option(...STORE)
    .addOption(
      new Option("--base <address>", "run time minus file, where the program was loaded elsewhere").argParser(address),
    )
    .addOption(new Option("--json", "one document: pare.resolved/1"))
    .option("-o, --output <file>", "write the answer here; of a profile, the profile with functions");
  common(command).action(async (subject: string, what: string[], options: ResolveFlags) => {
    await (await import("./symbols.ts")).resolveCommand(subject, what, options);
  });
}

function address(text: string): number {
  const value = /^(?:0x)?[0-9a-f]{1,16}$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ""), 16) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be an address such as 0x555555554000.");
  return value;
}
