// A file in an archive.

export interface Entry {
  /** With forward slashes, below the archive's root. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Mode 0755 instead of 0644: all that is kept of a mode. */
  readonly isExecutable: boolean;
}
