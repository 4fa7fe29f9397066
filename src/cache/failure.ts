// What goes wrong with a cache. Apart from the reader of a remote, for whoever has none need not load what speaks HTTP.

/** The remote did not do what was asked; the build goes on without it. */
export class RemoteError extends Error {}

/** A setting that cannot be meant. */
export class RemoteSettingError extends Error {}

/** What is said on stdin is not what a go command says. */
export class ProtocolError extends Error {}
