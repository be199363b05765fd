/**
 * A storage for others: over HTTP for programs, and by the Model Context Protocol for agents.
 *
 * @since 0.1.0
 */
/** The session explorer, a page for people. */
export * as Explorer from "./server/Explorer.js"
/** A server of the Model Context Protocol: tools with which an agent reads what is recorded. */
export * as Mcp from "./server/Mcp.js"
/** A storage that another process has, asked over HTTP. */
export * as RemoteStorage from "./server/RemoteStorage.js"
/** The questions of a storage, as an `HttpApi`. */
export * as StorageApi from "./server/StorageApi.js"
/** Serves a storage, and takes what others send by OTLP. */
export * as StorageServer from "./server/StorageServer.js"
/** A session as it was spoken, turn by turn. */
export * as Transcript from "./server/Transcript.js"
