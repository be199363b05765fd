/** The logs and the scores of a span: a storage is asked for those of its trace, in its time. */
import { useEffect, useState } from "preact/hooks"
import type { Log, ScoreRow, Span } from "../../../internal/encoded.js"
import { AskError, ask } from "../../state/client.js"

interface Records {
  readonly logs?: ReadonlyArray<Log> | undefined
  readonly scores?: ReadonlyArray<ScoreRow> | undefined
  /** Whether there may be more. */
  readonly isCut?: boolean
  readonly error?: AskError | undefined
}

const limit = 500
/** Pages that are looked through. */
const pages = 4
/** The end of a span writes records that may come after it. */
const after = 1_000_000_000n

export const useRecords = (span: Span): Records => {
  const [records, setRecords] = useState<Records>({})
  const { endTime, spanId, startTime, traceId } = span
  useEffect(() => {
    const abort = new AbortController()
    const load = async () => {
      const time = {
        startedAfter: startTime,
        ...(endTime !== undefined && { startedBefore: String(BigInt(endTime) + after) })
      }
      const found = await all<Log>((cursor) =>
        ask(
          "listLogs",
          {
            filters: { traceId, ...time },
            orderBy: { field: "time", direction: "asc" },
            pagination: { limit, ...(cursor !== undefined && { cursor }) }
          },
          abort.signal
        )
      )
      const logs = found.items.filter((log) => log.spanId === spanId)
      setRecords((records) => ({ ...records, logs, isCut: found.isCut }))
      const scored = await all<ScoreRow>((cursor) =>
        ask(
          "listScores",
          { filters: { traceId }, pagination: { limit, ...(cursor !== undefined && { cursor }) } },
          abort.signal
        )
      )
      setRecords((records) => ({ ...records, scores: scored.items.filter((score) => score.spanId === spanId) }))
    }
    load().catch((error) => {
      if (!abort.signal.aborted && error instanceof AskError) setRecords((records) => ({ ...records, error }))
    })
    return () => abort.abort()
  }, [traceId, spanId, endTime])
  return records
}

const all = async <A>(
  page: (cursor: string | undefined) => Promise<{ readonly items: ReadonlyArray<A>; readonly nextCursor?: string }>
): Promise<{ readonly items: ReadonlyArray<A>; readonly isCut: boolean }> => {
  const found: Array<A> = []
  let cursor: string | undefined
  for (let i = 0; i < pages; i++) {
    const { items, nextCursor } = await page(cursor)
    found.push(...items)
    cursor = nextCursor
    if (cursor === undefined) break
  }
  return { items: found, isCut: cursor !== undefined }
}
