/**
 * Answers as JSON: a row a line, so that whoever reads one can take it apart row by row. A large one is made and sent in
 * turns of the event loop.
 */
import { pipeline, Readable } from "node:stream"
import { constants, createGzip, gzip } from "node:zlib"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { inTurns, nextTurn } from "../../runtime/eventLoop.js"
import { isolated } from "../../runtime/isolated.js"
import type { StorageError } from "../../storage/Storage.js"
import { tooLarge } from "./body.js"
import { apiVersion, statuses, tooLargeStatus, versionHeader } from "./status.js"
import { stringify } from "./wire.js"

/** An answer that consists of rows, and what is said before them. */
export interface Rows {
  readonly head: { readonly [name: string]: unknown }
  readonly name: string
  readonly rows: ReadonlyArray<unknown>
  readonly encode?: ((row: never) => string) | undefined
}

/** Characters after which a part is sent while the rest is made. */
const chunkLength = 65_536
/** Bytes below which an answer is not compressed. */
const minCompressed = 1024
/** Faster than any network is worth to be asked for less. */
const level = constants.Z_BEST_SPEED

const headers = { [versionHeader]: apiVersion, "cache-control": "no-store" }
const contentType = "application/json"

/** An answer that consists of rows which are read while it is sent; each may be encoded in pieces. */
interface StreamedRows<A, E, R> extends Pick<Rows, "head" | "name"> {
  readonly rows: Stream.Stream<A, E, R>
  readonly encode: (row: A) => Generator<string>
}

const openOf = (head: Rows["head"], name: string): string => stringify({ ...head, [name]: [] }).slice(0, -2)
const close = "\n]}\n"

/** The text of an answer, in pieces. */
function* piecesOf({ encode = stringify, head, name, rows }: Rows): Generator<string> {
  let piece = openOf(head, name)
  for (const [i, row] of rows.entries()) {
    piece += `${i === 0 ? "" : ","}\n${encode(row as never)}`
    yield piece
    piece = ""
  }
  yield `${piece}${close}`
}

/** An answer of rows. */
export const rows = Effect.fnUntraced(function* (answer: Rows) {
  const pieces = piecesOf(answer)
  const first = yield* chunkOf(pieces)
  if (first.done) return yield* text(first.text)
  // Without a turn between two chunks, they would all be made in one where the network takes them at once.
  const rest = Stream.unfoldEffect(pieces, (pieces) =>
    Effect.map(Effect.zipRight(nextTurn, chunkOf(pieces)), ({ text }) =>
      text === "" ? Option.none() : Option.some([Buffer.from(text) as Uint8Array, pieces] as const)
    )
  )
  return yield* stream(Stream.concat(Stream.make<[Uint8Array]>(Buffer.from(first.text)), rest))
})

/**
 * An answer of rows that are read while it is sent. What fails before the first part is sent is an error; later, the answer
 * breaks off.
 */
export const streamed = Effect.fnUntraced(function* <A, E, R>({ encode, head, name, rows }: StreamedRows<A, E, R>) {
  const pull = yield* Stream.toPull(
    Stream.make(piece(openOf(head, name))).pipe(
      Stream.concat(Stream.mapAccum(rows, "\n", (before, row) => [",\n", encodedAfter(before, encode(row))])),
      Stream.concat(Stream.make(piece(close))),
      Stream.rechunk(1)
    )
  )
  const next = Effect.matchEffect(pull, {
    onFailure: Option.match({ onNone: () => Effect.succeed(undefined), onSome: Effect.fail }),
    onSuccess: (pieces) => Effect.succeed(Chunk.unsafeHead(pieces))
  })
  let pieces: Generator<string> | undefined = piece("")
  const part: Effect.Effect<string, E, R> = Effect.gen(function* () {
    let made = ""
    while (pieces !== undefined && made.length < chunkLength) {
      const { done, text } = yield* chunkOf(pieces, chunkLength - made.length)
      made += text
      if (done) pieces = yield* next
    }
    return made
  })
  const first = yield* part
  if (pieces === undefined) return yield* text(first)
  const rest = Stream.repeatEffectOption(
    Effect.suspend(() =>
      pieces === undefined
        ? Effect.fail(Option.none())
        : Effect.mapError(Effect.zipRight(nextTurn, isolated(part)), Option.some)
    )
  ).pipe(Stream.orDie, Stream.provideContext(yield* Effect.context<R>()))
  return yield* stream(Stream.map(Stream.concat(Stream.make(first), rest), (text): Uint8Array => Buffer.from(text)))
})

function* piece(text: string): Generator<string> {
  yield text
}

function* encodedAfter(before: string, pieces: Generator<string>): Generator<string> {
  yield before
  yield* pieces
}

const stream = Effect.fnUntraced(function* (chunks: Stream.Stream<Uint8Array>) {
  const compressed = yield* takesGzip
  return HttpServerResponse.stream(compressed ? gzipped(chunks) : chunks, {
    contentType,
    headers: { ...headers, vary: "accept-encoding", ...(compressed && { "content-encoding": "gzip" }) }
  })
})

/** An answer of one value. */
export const value = (value: unknown) => Effect.suspend(() => text(`${stringify(value)}\n`))

/** An error, without what caused it: that is for the logs of the server. */
export const error = (failure: StorageError) => {
  const { detail, field, reason, retryable } = failure
  return HttpServerResponse.text(`${JSON.stringify({ _tag: "StorageError", reason, retryable, detail, field })}\n`, {
    status: failure === tooLarge ? tooLargeStatus : statuses[reason],
    contentType,
    headers: { ...headers, ...(retryable && { "retry-after": "1" }) }
  })
}

const text = Effect.fnUntraced(function* (text: string) {
  const bytes = Buffer.from(text)
  if (bytes.length < minCompressed || !(yield* takesGzip)) {
    return HttpServerResponse.uint8Array(bytes, { contentType, headers: { ...headers, vary: "accept-encoding" } })
  }
  const compressed = yield* Effect.async<Uint8Array>((resume) =>
    gzip(bytes, { level }, (error, compressed) =>
      resume(error === null ? Effect.succeed(compressed) : Effect.die(error))
    )
  )
  return HttpServerResponse.uint8Array(compressed, {
    contentType,
    headers: { ...headers, vary: "accept-encoding", "content-encoding": "gzip" }
  })
})

/** So many pieces as make a chunk. */
const chunkOf = (
  pieces: Generator<string>,
  length = chunkLength
): Effect.Effect<{ readonly text: string; readonly done: boolean }> =>
  inTurns(function* () {
    let text = ""
    while (text.length < length) {
      const piece = pieces.next()
      if (piece.done) return { text, done: true }
      text += piece.value
      yield
    }
    return { text, done: false }
  })

const gzipped = (chunks: Stream.Stream<Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const runtime = yield* Effect.runtime()
      const zip = yield* Effect.acquireRelease(
        Effect.sync(() =>
          pipeline(
            Readable.from(Stream.toAsyncIterableRuntime(chunks, runtime), { objectMode: false }),
            createGzip({ level }),
            () => {}
          )
        ),
        (zip) => Effect.sync(() => zip.destroy())
      )
      return Stream.fromAsyncIterable<Uint8Array, unknown>(zip, (error) => error).pipe(Stream.orDie)
    })
  )

/** Whether who asks takes gzip: `gzip;q=0` and `identity` alone do not. */
export const takesGzip = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) =>
  (headers["accept-encoding"] ?? "").split(",").some((coding) => {
    const [name, ...parameters] = coding
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    return (
      (name === "gzip" || name === "x-gzip" || name === "*") && !parameters.some((part) => /^q=0(\.0*)?$/.test(part))
    )
  })
)
