import type { Envelope } from "./messages.js"

/** How a signal is sent. */
export interface SignalEncoding<in R> {
  /** The path of its requests, by which its environment variables are named, too. */
  readonly path: "traces" | "logs" | "metrics"
  /** The field of a request that has the resources. */
  readonly envelope: Envelope
  /** The field of an answer that says how many records were refused. */
  readonly rejected: "rejectedSpans" | "rejectedLogRecords" | "rejectedDataPoints"
  /** How many records are encoded in a turn of the event loop: spans may hold megabytes. */
  readonly recordsPerTurn: number
  /** The resources of records, in the JSON form of OTLP. */
  readonly encode: (records: ReadonlyArray<R>) => ReadonlyArray<object>
}
