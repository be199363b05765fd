/** The modules that take records and serve them: they are loaded where that is asked for. */
export * as Observability from "../../Observability.js"
export * as StorageServer from "../../server/StorageServer.js"
