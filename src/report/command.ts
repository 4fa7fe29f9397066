// A command line as one types it.

/** Words quoted for a POSIX shell where they need it: `go build -ldflags='-s -w'`. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => {
      const m = /^(-[\w-]+=)(.*)$/s.exec(word);
      const [head, value] = m ? [m[1], m[2]] : ["", word];
      return /^[\w./:=,@%+-]+$/.test(value) ? word : `${head}'${value.replaceAll("'", `'\\''`)}'`;
    })
    .join(" ");
}
