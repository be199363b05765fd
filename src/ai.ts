/**
 * What `@effect/ai` does, under the standard names.
 *
 * @since 0.1.0
 */

/** Records what `@effect/ai` does. */
export * as GenAi from "./agent/GenAi.js"
