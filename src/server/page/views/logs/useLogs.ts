/** The logs of a question, newest first, kept up to date with those that come. */
import type { Log, Options } from "../../../internal/encoded.js"
import { ask } from "../../state/client.js"
import { useList } from "../../state/useList.js"
import { withNewest, withOther } from "./merge.js"

type Filters = NonNullable<Options["listLogs"]["filters"]>

const limit = 100
/** So many pages of new records are read in a turn before the list begins anew. */
const mostPages = 5

export const useLogs = (filters: Filters, key: string) => {
  const page = (cursor: string | undefined, abort: AbortSignal) =>
    ask("listLogs", { filters, pagination: { limit, ...(cursor !== undefined && { cursor }) } }, abort)
  const list = useList<Log>({
    key,
    page,
    renew: async (list, abort) => {
      let { items, nextCursor } = await page(undefined, abort)
      for (let pages = 1; pages < mostPages && nextCursor !== undefined; pages++) {
        if (withNewest(list, { items, nextCursor }) !== undefined) break
        const more = await page(nextCursor, abort)
        items = [...items, ...more.items]
        nextCursor = more.nextCursor
      }
      return (list) => withNewest(list, { items, nextCursor }) ?? { rows: items, cursor: nextCursor }
    },
    append: withOther
  })
  return { ...list, rows: list.isStale ? undefined : list.rows }
}
