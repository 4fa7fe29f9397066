// What goes wrong with a remote cache. Apart from its reader, for whoever has no remote need not load what speaks HTTP.

/** The remote did not do what was asked; the build goes on without it. */
export class RemoteError extends Error {}

/** A setting that cannot be meant. */
export class RemoteSettingError extends Error {}
