/**
 * The view of whole spans, for anyone's SQL: what `sql/whole.ts` does, of the rows that a query selects.
 */
import { hashLength, refLength } from "../../sql/conversations.js"
import { missing } from "../../sql/whole.js"
import * as Messages from "./messages.js"
import type { Tables } from "./table.js"

export const creation = (tables: Tables): string => {
  const bodyOf = (owner: string, hash: string) =>
    `coalesce((SELECT first(message.body) FROM "${Messages.nameOf(tables)}" AS message
      WHERE message.owner = ${owner} AND message.hash = ${hash}), gap)`

  /** The attributes of a span by their place, and of what each is made. */
  const entries = `
    SELECT *, made->>0 AS kind, made->>1 AS refs, made->>2 AS rest, if(made->>0 = 'text', '', ',') AS glue,
      if(made->>0 = 'text', '${missing}', '"${missing}"') AS gap
    FROM (
      SELECT key, place, owner, json_extract(attributes, pointer) AS value, json_extract(messages, pointer) AS made
      FROM (
        SELECT span.attributes, span.messages, coalesce('s:' || span.session_id, 't:' || span.trace_id) AS owner,
          unnest(json_keys(span.attributes)) AS key,
          '/' || replace(replace(unnest(json_keys(span.attributes)), '~', '~0'), '/', '~1') AS pointer,
          unnest(range(0, len(json_keys(span.attributes)))) AS place
      )
    )`
  /** The bodies of the references of an entry: of each message, and of each list those of its messages together. */
  const bodies = `
    SELECT list(CASE WHEN mark = '@' THEN (
      SELECT CASE any_value(glue)
        WHEN '' THEN string_agg(body, '' ORDER BY i) ELSE string_agg(body, ',' ORDER BY i) END
      FROM (
        SELECT glue, i, ${bodyOf("owner", "item")} AS body FROM (
          SELECT part.owner, part.gap, part.glue, i, substr(part.body, 1 + ${hashLength} * i, ${hashLength}) AS item
          FROM (SELECT unnest(range(0, length(part.body) // ${hashLength})) AS i)
        )
      )
    ) ELSE body END ORDER BY n)
    FROM (
      SELECT owner, glue, gap, n, substr(refs, 1 + ${refLength} * n, 1) AS mark,
        ${bodyOf("owner", `substr(refs, 2 + ${refLength} * n, ${hashLength})`)} AS body
      FROM (
        SELECT entry.owner, entry.refs, entry.glue, entry.gap,
          unnest(range(0, length(entry.refs) // ${refLength})) AS n
      )
    ) AS part`
  return `
    CREATE OR REPLACE VIEW "${nameOf(tables)}" AS
    SELECT span.* REPLACE (CASE WHEN messages IS NULL THEN attributes ELSE (
      SELECT ('{' || string_agg(to_json(key) || ':' || CASE
        WHEN kind IS NULL THEN value::VARCHAR
        WHEN kind = 'text' THEN to_json(array_to_string(bodies, '') || rest)
        ELSE '[' || array_to_string(CASE WHEN rest = '' THEN bodies ELSE list_append(bodies, rest) END, ',') || ']'
      END, ',' ORDER BY place) || '}')::JSON
      FROM (SELECT key, place, value, kind, rest, (${bodies}) AS bodies FROM (${entries}) AS entry)
    ) END AS attributes) FROM ${tables.spans.quoted} AS span`
}

const nameOf = ({ spans }: Tables): string => `${spans.name}_whole`
