/** Streams in spans, and in sessions. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ParentSpan, SpanOptions } from "effect/Tracer"
import type { ErrorOf } from "../../identity/SessionId.js"
import { type Given, withTracingOptions } from "../../identity/TracingOptions.js"

/** The name and the attributes of a span. */
export type Described = readonly [name: string, options: SpanOptions]

/** Makes attributes of the elements of a stream, when it ends. */
export type Recorded<A> = (elements: ReadonlyArray<A>) => Readonly<Record<string, unknown>>

/** Runs a stream in a span, which lasts as long as the stream does. Elements are kept for `recorded` alone. */
export const spanned = <A, E, R, Id extends string>(
  stream: Stream.Stream<A, E, R>,
  [name, options]: Described,
  tracing: Given<Id>,
  recorded: Recorded<A> | undefined
): Stream.Stream<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>> =>
  within(Stream.withSpan(recorded === undefined ? stream : recording(stream, recorded), name, options), tracing)

/** Also of a stream that fails or is cut: what came until then. */
const recording = <A, E, R>(stream: Stream.Stream<A, E, R>, recorded: Recorded<A>): Stream.Stream<A, E, R> =>
  Stream.unwrap(
    Effect.map(Effect.option(Effect.currentSpan), (span) => {
      const elements: Array<A> = []
      return stream.pipe(
        Stream.mapChunks((chunk) => {
          for (const element of chunk) elements.push(element)
          return chunk
        }),
        Stream.ensuring(
          Effect.sync(() => {
            if (Option.isNone(span)) return
            for (const [key, value] of Object.entries(recorded(elements))) span.value.attribute(key, value)
          })
        )
      )
    })
  )

/** Has each pull of a stream work for a session: a stream has no fiber of its own. */
const within = <A, E, R, Id extends string>(
  stream: Stream.Stream<A, E, R>,
  tracing: Given<Id>
): Stream.Stream<A, E | ErrorOf<Id>, R> => {
  const pulled = Stream.fromPull(
    // The session id was checked by then.
    Effect.map(Stream.toPull(stream), (pull) => withTracingOptions(pull, tracing as Given<string> as Given))
  )
  return Stream.unwrap(withTracingOptions(Effect.succeed(pulled), tracing))
}
