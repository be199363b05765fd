/**
 * What the lanes of one exporter share: its room in memory, the right to fly, and how it fares.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Inspectable from "effect/Inspectable"
import type { ExportError, Exporter } from "../Exporter.js"
import type { ExporterHealth } from "../Stats.js"

export interface Bounds {
  /** How many records an exporter may hold in memory, and of how many bytes, whatever their signals. */
  readonly maxQueueSize: number
  readonly maxQueueBytes: number
  /** How many records of one signal are exported together. */
  readonly maxBatchSize: number
  /** How long a record waits for others to make a batch with. */
  readonly scheduledDelay: Duration.Duration
  readonly exportTimeout: Duration.Duration
}

/** After so many failures in a row the circuit is open: a single record tries whether the exporter is well again. */
const failuresToOpen = 5

export class Destination extends Inspectable.Class {
  retried = 0
  /** Why records were lost, the last time. */
  lastFailure: Cause.Cause<ExportError> = Cause.empty
  private records = 0
  private bytes = 0
  /** Failures in a row, whatever the signals. */
  private failures = 0
  private lastError: ExporterHealth["lastError"]
  private lastSuccess: ExporterHealth["lastSuccess"]
  /** Flights in the order in which they were asked for. The first is under way. */
  private readonly flights: Array<Deferred.Deferred<void>> = []
  private readonly recovery = Effect.unsafeMakeLatch()

  constructor(
    readonly exporter: Exporter,
    readonly bounds: Bounds
  ) {
    super()
  }

  toJSON() {
    const { bytes, exporter, failures, flights, records } = this
    return { _id: "Destination", exporter: exporter.name, records, bytes, failures, flights: flights.length }
  }

  /** Takes up room in memory for a record, if there is some. */
  admit(bytes: number): boolean {
    if (!this.hasRoom(1, bytes)) return false
    this.occupy(1, bytes)
    return true
  }

  /** Whether there is room in memory for so many records, of so many bytes together. */
  hasRoom(records: number, bytes: number): boolean {
    const { maxQueueBytes, maxQueueSize } = this.bounds
    return this.records + records <= maxQueueSize && this.bytes + bytes <= maxQueueBytes
  }

  /** Whether there would be room for them if nothing else waited. */
  couldHold(records: number, bytes: number): boolean {
    const { maxQueueBytes, maxQueueSize } = this.bounds
    return records <= maxQueueSize && bytes <= maxQueueBytes
  }

  /** Takes up room for records, or gives it back where the numbers are negative. */
  occupy(records: number, bytes: number): void {
    this.records += records
    this.bytes += bytes
  }

  /** Whether more than half of the room is taken. */
  get isCrowded(): boolean {
    return this.records > this.bounds.maxQueueSize / 2 || this.bytes > this.bounds.maxQueueBytes / 2
  }

  /** Whether the last attempt was no failure. */
  get isWell(): boolean {
    return this.failures === 0
  }

  /** How many records an attempt may carry. */
  get maxFlightSize(): number {
    return this.failures < failuresToOpen ? Number.POSITIVE_INFINITY : 1
  }

  /** An attempt brought an answer. Lanes that wait for a retry need not wait any longer if there was none for long. */
  answered(): void {
    const wasOpen = this.failures >= failuresToOpen
    this.failures = 0
    if (!wasOpen) return
    this.recovery.unsafeOpen()
    this.recovery.unsafeClose()
  }

  failed(): void {
    this.failures++
  }

  /** Waits until the exporter is well again, after it was not for long. */
  get recovered(): Effect.Effect<void> {
    return this.recovery.await
  }

  /** Notes how an attempt ended, and when: in milliseconds since the epoch. */
  note(
    exit: Exit.Exit<void, ExportError>,
    millis: number,
    messageOf: (cause: Cause.Cause<ExportError>) => string
  ): void {
    const time = BigInt(Math.round(millis)) * 1_000_000n
    if (Exit.isSuccess(exit)) this.lastSuccess = time
    else this.lastError = { time, message: messageOf(exit.cause) }
  }

  get health(): Pick<ExporterHealth, "retried" | "lastError" | "lastSuccess"> {
    const { lastError, lastSuccess, retried } = this
    return {
      retried,
      ...(lastError !== undefined && { lastError }),
      ...(lastSuccess !== undefined && { lastSuccess })
    }
  }

  /** Runs one flight at a time, in the order in which they are asked for: no lane flies twice while another one waits. */
  fly<A>(flight: Effect.Effect<A>): Effect.Effect<A> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        const turn = Deferred.unsafeMake<void>(FiberId.none)
        this.flights.push(turn)
        this.startFirst()
        return turn
      }),
      (turn) => Effect.zipRight(Deferred.await(turn), flight),
      (turn) =>
        Effect.sync(() => {
          this.flights.splice(this.flights.indexOf(turn), 1)
          this.startFirst()
        })
    )
  }

  private startFirst(): void {
    const [turn] = this.flights
    if (turn !== undefined) Deferred.unsafeDone(turn, Exit.void)
  }
}
