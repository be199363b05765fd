import type { DuckDBDataChunk, DuckDBMaterializedResult } from "@duckdb/node-api"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { nextTurn } from "../../../runtime/eventLoop.js"
import type { ResultStream } from "./connection.js"
import { sqlError } from "./error.js"
import { type Reader, reader } from "./value.js"

/** One row from the cells of a chunk. */
type ReadRow<A> = (reader: Reader, chunk: DuckDBDataChunk, row: number) => A

export type Row = Record<string, unknown>

export const asObject: ReadRow<Row> = ({ columns, names }, chunk, row) => {
  const object: Row = {}
  for (let i = 0; i < names.length; i++) {
    object[names[i] as string] = columns[i]?.(chunk, row)
  }
  return object
}

export const asArray: ReadRow<Array<unknown>> = ({ columns }, chunk, row) => columns.map((read) => read(chunk, row))

/** All rows of a statement, read in pieces between which the event loop turns. */
export const rows = Effect.fnUntraced(function* <A>(
  run: Effect.Effect<DuckDBMaterializedResult, SqlError>,
  read: ReadRow<A>
) {
  const result = yield* run
  const from = reader(result, yield* SqlClient.SafeIntegers)
  const output: Array<A> = []
  for (let i = 0; i < result.chunkCount; i++) {
    yield* readChunk(from, result.getChunk(i), read, output)
  }
  return output
})

/** The rows of a statement as DuckDB computes them. */
export const stream = (
  open: Effect.Effect<ResultStream, SqlError, Scope.Scope>,
  transform: (rows: Array<Row>) => ReadonlyArray<Row>
): Stream.Stream<Row, SqlError> =>
  Stream.unwrapScoped(
    Effect.zipWith(open, SqlClient.SafeIntegers, ({ next, result }, safeIntegers) => {
      const from = reader(result, safeIntegers)
      return Stream.repeatEffectChunkOption(
        Effect.mapError(next, Option.some).pipe(
          Effect.flatMap((chunk) =>
            chunk === null
              ? Effect.fail(Option.none())
              : Effect.mapError(readChunk(from, chunk, asObject, []), Option.some)
          ),
          Effect.map((rows) => Chunk.unsafeFromArray(transform(rows)))
        )
      )
    })
  )

/** The rows of one chunk, appended to `output`. */
const readChunk = <A>(
  reader: Reader,
  chunk: DuckDBDataChunk,
  read: ReadRow<A>,
  output: Array<A>
): Effect.Effect<Array<A>, SqlError> => {
  const size = Math.max(1, Math.floor(cellsATurn / reader.columns.length))
  const total = chunk.rowCount
  const piece = (start: number): Effect.Effect<Array<A>, SqlError> => {
    const end = Math.min(total, start + size)
    return Effect.flatMap(
      Effect.try({
        try: () => {
          for (let row = start; row < end; row++) {
            output.push(read(reader, chunk, row))
          }
        },
        catch: sqlError
      }),
      () => (end < total ? Effect.zipRight(nextTurn, piece(end)) : Effect.succeed(output))
    )
  }
  return piece(0)
}

/** About two milliseconds of reading. */
const cellsATurn = 8192
