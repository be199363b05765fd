/**
 * The view of whole spans, for anyone's SQL: what `sql/whole.ts` does, of all rows.
 */
import { hashLength, refLength } from "../../sql/conversations.js"
import { missing } from "../../sql/whole.js"
import { layouts } from "./layouts.js"
import type { Names } from "./tables.js"

export const creation = (name: Names): string => {
  // Of distributed tables, what is joined is found once, and told to every shard.
  const join = `${name.onCluster === "" ? "" : "GLOBAL "}LEFT JOIN`
  const others = layouts.spans.aliases.flatMap((alias) => (alias.name === "Attributes" ? [] : [`span.${alias.name}`]))
  return `
    CREATE OR REPLACE VIEW ${name.whole}${name.onCluster} AS
    WITH message AS (SELECT Owner, Hash, IsList, Body FROM ${name.messages} LIMIT 1 BY Owner, Hash),
    text AS (
      SELECT Owner, Hash, [CAST(Body, 'Nullable(String)')] AS Bodies FROM message WHERE NOT IsList
      UNION ALL
      SELECT Owner, Hash, arrayMap(item -> item.2, arraySort(item -> item.1, groupArray((Place, ItemBody)))) AS Bodies
      FROM (
        SELECT list.Owner AS Owner, list.Hash AS Hash, list.Place AS Place, if(item.Hash = '', NULL, item.Body) AS ItemBody
        FROM (
          SELECT Owner, Hash, arrayJoin(range(intDiv(length(Body), ${hashLength}))) AS Place,
            substring(Body, 1 + ${hashLength} * Place, ${hashLength}) AS Item
          FROM message WHERE IsList
        ) AS list ${join} message AS item ON item.Owner = list.Owner AND item.Hash = list.Item
      ) GROUP BY Owner, Hash
    ), part AS (
      SELECT TraceId, SpanId, Version, if(SessionId = '', 't:' || TraceId, 's:' || SessionId) AS Owner,
        arrayJoin(JSONExtractKeysAndValuesRaw(assumeNotNull(Messages))) AS Entry,
        JSONExtract(Entry.2, 'Array(String)') AS Made,
        arrayJoin(range(intDiv(length(Made[2]), ${refLength}))) AS Place
      FROM ${name.spans} WHERE Messages IS NOT NULL
    ), made AS (
      SELECT TraceId, SpanId, Version, Key, Kind, Rest,
        arrayFlatten(arrayMap(one -> one.2, arraySort(one -> one.1, groupArray((Place, Bodies))))) AS Bodies
      FROM (
        SELECT part.TraceId AS TraceId, part.SpanId AS SpanId, part.Version AS Version, part.Entry.1 AS Key,
          part.Made[1] AS Kind, part.Made[3] AS Rest, part.Place AS Place,
          if(text.Hash = '', [CAST(NULL, 'Nullable(String)')], text.Bodies) AS Bodies
        FROM part ${join} text
          ON text.Owner = part.Owner AND text.Hash = substring(part.Made[2], 2 + ${refLength} * part.Place, ${hashLength})
      ) GROUP BY TraceId, SpanId, Version, Key, Kind, Rest
    ), whole AS (
      SELECT TraceId, SpanId, Version, groupArray((Key, if(Kind = 'text',
        toJSONString(arrayStringConcat(arrayMap(body -> ifNull(body, '${missing}'), Bodies)) || Rest),
        '[' || arrayStringConcat(arrayConcat(
          arrayMap(body -> ifNull(body, '"${missing}"'), Bodies), if(Rest = '', [], [Rest])), ',') || ']'))) AS Entries
      FROM made GROUP BY TraceId, SpanId, Version
    )
    SELECT span.* EXCEPT (Record), ${others.join(", ")},
      if(empty(whole.Entries), span.Attributes, '{' || arrayStringConcat(arrayMap(
        entry -> toJSONString(entry.1) || ':' || if(indexOf(whole.Entries.1, entry.1) = 0, entry.2,
          whole.Entries.2[indexOf(whole.Entries.1, entry.1)]),
        JSONExtractKeysAndValuesRaw(span.Attributes)), ',') || '}') AS Attributes
    FROM ${name.spans} AS span ${join} whole
      ON whole.TraceId = span.TraceId AND whole.SpanId = span.SpanId AND whole.Version = span.Version`
}
