/**
 * A storage over HTTP: served to other programs, and asked from them.
 *
 * @since 0.1.0
 */
/** A storage that another process has, asked over HTTP. */
export * as RemoteStorage from "./server/RemoteStorage.js"
/** The questions of a storage, as an `HttpApi`. */
export * as StorageApi from "./server/StorageApi.js"
/** Serves a storage, and takes what others send by OTLP. */
export * as StorageServer from "./server/StorageServer.js"
