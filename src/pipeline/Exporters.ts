/**
 * Where batches of records go: what an exporter is, and those that need nothing but Effect.
 *
 * @since 0.1.0
 */
export * from "./Exporter.js"
export * from "./exporters/Console.js"
export * from "./exporters/File.js"
export * from "./exporters/Memory.js"
