/**
 * For tests: records of every signal, and what every storage must do.
 *
 * @since 0.1.0
 */

export * as Records from "./testing/Records.js"
export { storageContract } from "./testing/storageContract.js"
