// Build information embedded by the go command (debug/buildinfo; runtime/debug.BuildInfo's text form).

export interface ModuleRef {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
  readonly replace?: ModuleRef;
}

export interface BuildInfo {
  /** "go1.26.8" */
  readonly goVersion: string;
  /** Import path of the main package; "command-line-arguments" for file lists. */
  readonly path: string;
  readonly main?: ModuleRef;
  readonly deps: readonly ModuleRef[];
  /** -ldflags, CGO_ENABLED, GOOS, vcs.revision … in file order. */
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  /** File range or image range of the blob, for the ledger. */
  readonly rva?: number;
  readonly length?: number;
}
