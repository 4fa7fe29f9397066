// What kind of file it is, in words: the head of every report.
import type { Snapshot, SnapshotFile } from "../ledger/snapshot.ts";

const FORMATS: Readonly<Record<string, string>> = {
  elf: "ELF",
  macho: "Mach-O",
  pe: "PE",
  wasm: "WebAssembly",
  fat: "fat Mach-O",
  archive: "archive",
};

function symbolWords(file: SnapshotFile): string {
  if (file.stripped) return file.dwarf ? "stripped, with DWARF" : "stripped";
  return file.dwarf ? "symbols and DWARF" : "symbols, no DWARF";
}

function toolchainWords(file: SnapshotFile): string {
  if (file.language === "tinygo") return "TinyGo";
  if (file.language === "other") return "not Go";
  return file.goVersion === "" ? "Go, version unknown" : file.goVersion;
}

/** Facts about the container and the build, the most telling first. Not escaped. */
export function buildFacts(snapshot: Snapshot): string[] {
  const { file } = snapshot;
  const facts = [`${FORMATS[file.format] ?? file.format} ${[file.os, file.arch].filter(Boolean).join("/")}`.trim()];
  facts.push(toolchainWords(file), symbolWords(file));
  if (file.type !== "exe") facts.push(file.type === "shared" ? "shared library" : file.type);
  facts.push(file.cgo ? "cgo" : "no cgo");
  if (file.dynamic) facts.push("dynamic");
  facts.push(file.pie ? "PIE" : "no PIE");
  if (file.methodElimination) {
    const isInferred = snapshot.testimony !== "link probe";
    facts.push(`DCE ${file.methodElimination}${isInferred ? " (inferred)" : ""}`);
  }
  if (file.trimpath !== null) facts.push(file.trimpath ? "trimpath" : "no trimpath");
  if (file.packed !== null) facts.push(`packed with ${file.packed}`);
  if (file.garbled) facts.push("garbled");
  return facts;
}

/** Which program at which revision. Not escaped; empty if the file does not tell. */
export function sourceFacts(snapshot: Snapshot): string[] {
  const { main, vcs } = snapshot.file;
  const facts: string[] = [];
  if (main) facts.push(`${main.package}${main.version === "" ? "" : ` ${main.version}`}`);
  if (vcs) {
    const words = [vcs.system, vcs.revision.slice(0, 12), vcs.time.slice(0, 10)].filter(Boolean).join(" ");
    facts.push(vcs.modified ? `${words}, modified` : words);
  }
  return facts;
}

const TESTIMONY: { readonly [T in Snapshot["testimony"]]: string } = {
  "link probe": "owners as the linker placed them",
  symbols: "owners from the symbol table",
  references: "owners from references",
  none: "",
};

/** How the owners were found, and how much of the file that leaves to inference. */
export function evidenceFacts(snapshot: Snapshot): string {
  const { evidence, file, testimony } = snapshot;
  if (testimony === "none" || file.size === 0) return "";
  const sure = evidence.exact + evidence.oneReferrer;
  const percent = Math.floor((1000 * sure) / file.size) / 10;
  return `${TESTIMONY[testimony]} (${percent.toFixed(1)} % exact or by their only referrer)`;
}
