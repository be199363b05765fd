import type { DuckDBDataChunk, DuckDBMaterializedResult } from "@duckdb/node-api"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { inTurns } from "../../../runtime/eventLoop.js"
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
  const chunks = Array.from({ length: result.chunkCount }, (_, i) => () => result.getChunk(i))
  return yield* readChunks(from, chunks, read)
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
              : Effect.mapError(readChunks(from, [() => chunk], asObject), Option.some)
          ),
          Effect.map((rows) => Chunk.unsafeFromArray(transform(rows)))
        )
      )
    })
  )

/** The rows of chunks, one after the other. A row may be as long as a thousand others. */
const readChunks = <A>(
  reader: Reader,
  chunks: ReadonlyArray<() => DuckDBDataChunk>,
  read: ReadRow<A>
): Effect.Effect<Array<A>, SqlError> =>
  inTurns(function* () {
    const output: Array<A> = []
    for (const next of chunks) {
      const chunk = next()
      const count = chunk.rowCount
      for (let row = 0; row < count; row++) {
        output.push(read(reader, chunk, row))
        yield
      }
    }
    return output
  }).pipe(Effect.catchAllDefect((cause) => Effect.fail(sqlError(cause))))
