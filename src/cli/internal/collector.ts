/** What takes records and serves them, which is loaded where it is asked for. */
export * as Observability from "../../Observability.js"
export * as StorageServer from "../../server/StorageServer.js"
