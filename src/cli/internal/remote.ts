/** A storage that is asked over HTTP, which is loaded where one is named. */
export * as RemoteStorage from "../../server/RemoteStorage.js"
