-- a fresh store is opened

SELECT name
FROM system.settings
WHERE name IN CAST('[\'enable_multiple_prewhere_read_steps\',\'use_query_condition_cache\',\'use_skip_indexes_on_data_read\']', 'Array(String)') FORMAT JSONEachRow

SELECT currentDatabase() AS database FORMAT JSONEachRow

SELECT table, name, type, default_kind AS kind
FROM system.columns
WHERE database = 'default'
AND table IN CAST('[\'asked_mastra_ai_logs\',\'asked_mastra_ai_messages\',\'asked_mastra_ai_metrics\',\'asked_mastra_ai_schema\',\'asked_mastra_ai_scores\',\'asked_mastra_ai_sessions\',\'asked_mastra_ai_spans\']', 'Array(String)') FORMAT JSONEachRow

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_spans" (TraceId String CODEC(ZSTD(1)), SpanId String CODEC(ZSTD(1)), ParentSpanId String CODEC(ZSTD(1)), ParentIsRemote Nullable(Bool), Name LowCardinality(String), Kind LowCardinality(String), SpanType LowCardinality(String), Status LowCardinality(String), ErrorType LowCardinality(Nullable(String)), StartTime DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), EndTime Nullable(DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Model LowCardinality(Nullable(String)), RequestModel LowCardinality(Nullable(String)), Provider LowCardinality(Nullable(String)), InputTokens Nullable(Int64), OutputTokens Nullable(Int64), CachedInputTokens Nullable(Int64), CacheWriteTokens Nullable(Int64), ReasoningTokens Nullable(Int64), CostUsd Nullable(Float64), CostSource LowCardinality(Nullable(String)), TimeToFirstToken Nullable(Int64), ToolName LowCardinality(Nullable(String)), AgentName LowCardinality(Nullable(String)), IsEntry Bool DEFAULT ifNull(ParentSpanId = ''
OR ParentIsRemote = true, false), Replayed Bool, InputSize Nullable(Int64), OutputSize Nullable(Int64), AttributesSize Nullable(Int64), Words Nullable(String) CODEC(ZSTD(1)), Record String CODEC(ZSTD(1)), TraceState Nullable(String) ALIAS JSONExtract(Record, 'traceState', 'Nullable(String)'), StatusMessage Nullable(String) ALIAS JSONExtract(Record, 'statusMessage', 'Nullable(String)'), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), Events String ALIAS JSONExtractRaw(Record, 'events'), Links String ALIAS JSONExtractRaw(Record, 'links'), Resource String ALIAS JSONExtractRaw(Record, 'resource'), Dropped Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''), Messages Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'messages'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_words lower(concat(Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(StartTime), 604800)
ORDER BY (StartTime, TraceId, SpanId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_logs" (LogId String CODEC(ZSTD(1)), Timestamp DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Level LowCardinality(String), Message String CODEC(ZSTD(1)), TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Words Nullable(String) CODEC(ZSTD(1)), Record String CODEC(ZSTD(1)), Data String ALIAS JSONExtractRaw(Record, 'data'), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), LogSpans String ALIAS JSONExtractRaw(Record, 'logSpans'), Cause Nullable(String) ALIAS JSONExtract(Record, 'cause', 'Nullable(String)'), Dropped Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_words lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Timestamp), 604800)
ORDER BY (Timestamp, LogId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_metrics" (MetricId String CODEC(ZSTD(1)), Name LowCardinality(String), Kind LowCardinality(String), Unit LowCardinality(Nullable(String)), StartTime Nullable(DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)), Time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Value Float64, TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Version UInt64, Record String CODEC(ZSTD(1)), Description Nullable(String) ALIAS JSONExtract(Record, 'description', 'Nullable(String)'), Histogram Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'histogram'), ''), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), Resource String ALIAS JSONExtractRaw(Record, 'resource'), INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, MetricId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_scores" (ScoreId String CODEC(ZSTD(1)), Time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Name LowCardinality(String), Value Nullable(Float64), Label LowCardinality(Nullable(String)), DataType LowCardinality(String), Source LowCardinality(String), AuthorId Nullable(String) CODEC(ZSTD(1)), TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Record String CODEC(ZSTD(1)), Comment Nullable(String) ALIAS JSONExtract(Record, 'comment', 'Nullable(String)'), Correction Nullable(String) ALIAS JSONExtract(Record, 'correction', 'Nullable(String)'), Scorer Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'scorer'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_score_id_coarse ScoreId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_score_id ScoreId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, ScoreId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_messages" (Owner String CODEC(ZSTD(1)), Hash String CODEC(ZSTD(1)), IsList Bool, KeptUntil DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Body String CODEC(ZSTD(3)), Words Nullable(String) CODEC(ZSTD(1)), INDEX idx_words lower(concat(Body, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1) ENGINE = ReplacingMergeTree(KeptUntil)
ORDER BY (Owner, Hash) SETTINGS index_granularity = 512

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_sessions" (SessionId String CODEC(ZSTD(1)), FirstActivity SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)), LastActivity SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1))) ENGINE = AggregatingMergeTree
ORDER BY (SessionId)

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_schema" (Major UInt16, Minor UInt16, Since DateTime) ENGINE = ReplacingMergeTree
ORDER BY (Major, Minor)

CREATE MATERIALIZED VIEW IF NOT EXISTS "default"."asked_mastra_ai_sessions_of_spans" TO "default"."asked_mastra_ai_sessions" AS
SELECT SessionId, min(StartTime) AS FirstActivity, max(greatest(StartTime, ifNull(EndTime, StartTime))) AS LastActivity
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId != ''
GROUP BY SessionId

CREATE MATERIALIZED VIEW IF NOT EXISTS "default"."asked_mastra_ai_sessions_of_logs" TO "default"."asked_mastra_ai_sessions" AS
SELECT SessionId, min(Timestamp) AS FirstActivity, max(Timestamp) AS LastActivity
FROM "default"."asked_mastra_ai_logs"
WHERE SessionId != ''
GROUP BY SessionId

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = 'default'
AND name = 'asked_mastra_ai_spans' FORMAT JSONEachRow

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = 'default'
AND name = 'asked_mastra_ai_logs' FORMAT JSONEachRow

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = 'default'
AND name = 'asked_mastra_ai_metrics' FORMAT JSONEachRow

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = 'default'
AND name = 'asked_mastra_ai_scores' FORMAT JSONEachRow

CREATE
OR REPLACE VIEW "default"."asked_mastra_ai_spans_whole" AS
WITH message AS (SELECT Owner, Hash, IsList, Body
FROM "default"."asked_mastra_ai_messages"
LIMIT 1 BY Owner, Hash), text AS (
SELECT Owner, Hash, [CAST(Body, 'Nullable(String)')] AS Bodies
FROM message
WHERE NOT IsList
UNION ALL
SELECT Owner, Hash, arrayMap(item -> item.2, arraySort(item -> item.1, groupArray((Place, ItemBody)))) AS Bodies
FROM (
SELECT list.Owner AS Owner, list.Hash AS Hash, list.Place AS Place, if(item.Hash = '', NULL, item.Body) AS ItemBody
FROM (
SELECT Owner, Hash, arrayJoin(range(intDiv(length(Body), 22))) AS Place, substring(Body, 1 + 22 * Place, 22) AS Item
FROM message
WHERE IsList ) AS list LEFT JOIN message AS item ON item.Owner = list.Owner
AND item.Hash = list.Item )
GROUP BY Owner, Hash ), part AS (
SELECT TraceId, SpanId, Version, if(SessionId = '', 't:' || TraceId, 's:' || SessionId) AS Owner, arrayJoin(JSONExtractKeysAndValuesRaw(assumeNotNull(Messages))) AS Entry, JSONExtract(Entry.2, 'Array(String)') AS Made, arrayJoin(range(intDiv(length(Made[2]), 23))) AS Place
FROM "default"."asked_mastra_ai_spans"
WHERE Messages IS NOT NULL ), made AS (
SELECT TraceId, SpanId, Version, Key, Kind, Rest, arrayFlatten(arrayMap(one -> one.2, arraySort(one -> one.1, groupArray((Place, Bodies))))) AS Bodies
FROM (
SELECT part.TraceId AS TraceId, part.SpanId AS SpanId, part.Version AS Version, part.Entry.1 AS Key, part.Made[1] AS Kind, part.Made[3] AS Rest, part.Place AS Place, if(text.Hash = '', [CAST(NULL, 'Nullable(String)')], text.Bodies) AS Bodies
FROM part LEFT JOIN text ON text.Owner = part.Owner
AND text.Hash = substring(part.Made[2], 2 + 23 * part.Place, 22) )
GROUP BY TraceId, SpanId, Version, Key, Kind, Rest ), whole AS (
SELECT TraceId, SpanId, Version, groupArray((Key, if(Kind = 'text', toJSONString(arrayStringConcat(arrayMap(body -> ifNull(body, '[Missing]'), Bodies)) || Rest), '[' || arrayStringConcat(arrayConcat( arrayMap(body -> ifNull(body, '"[Missing]"'), Bodies), if(Rest = '', [], [Rest])), ',') || ']'))) AS Entries
FROM made
GROUP BY TraceId, SpanId, Version )
SELECT span.* EXCEPT (Record), span.TraceState, span.StatusMessage, span.Events, span.Links, span.Resource, span.Dropped, span.Messages, if(empty(whole.Entries), span.Attributes, '{' || arrayStringConcat(arrayMap( entry -> toJSONString(entry.1) || ':' || if(indexOf(whole.Entries.1, entry.1) = 0, entry.2, whole.Entries.2[indexOf(whole.Entries.1, entry.1)]), JSONExtractKeysAndValuesRaw(span.Attributes)), ',') || '}') AS Attributes
FROM "default"."asked_mastra_ai_spans" AS span LEFT JOIN whole ON whole.TraceId = span.TraceId
AND whole.SpanId = span.SpanId
AND whole.Version = span.Version

INSERT INTO "default"."asked_mastra_ai_schema" VALUES (1, 3, now())


-- insertSpans and insertLogs

INSERT INTO "default"."asked_mastra_ai_spans" (TraceId,SpanId,ParentSpanId,ParentIsRemote,Name,Kind,SpanType,Status,ErrorType,StartTime,EndTime,SessionId,ThreadId,RunId,RequestId,ResourceId,UserId,OrganizationId,ConversationId,ServiceName,Environment,Tags,Metadata,Version,Model,RequestModel,Provider,InputTokens,OutputTokens,CachedInputTokens,CacheWriteTokens,ReasoningTokens,CostUsd,CostSource,TimeToFirstToken,ToolName,AgentName,IsEntry,Replayed,InputSize,OutputSize,AttributesSize,Words,Record) FORMAT RowBinary

INSERT INTO "default"."asked_mastra_ai_logs" (LogId,Timestamp,Level,Message,TraceId,SpanId,SessionId,ThreadId,RunId,RequestId,ResourceId,UserId,OrganizationId,ConversationId,ServiceName,Environment,Tags,Metadata,Version,Words,Record) FORMAT RowBinary


-- listTraces

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)')
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId NOT IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)'))
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry)
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listTraces of a session

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow

SELECT TraceId AS id
FROM (SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE SessionId = 'session-1')
LIMIT 1 BY TraceId
LIMIT 103 FORMAT JSONEachRow


-- listTraces with every filter

SELECT span.1 AS time, [TraceId, span.2] AS ids, span.3 AS position, span.4
AND meets AS matches, isKnown
FROM (
SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches), (isBelow, StartTime, SpanId), mayBeShown) AS span, max(mayBeShown) AS isKnown, (true
AND max(some0) = 1
AND max(some1) = 1
AND max(some2) = 1
AND max(some3) = 1
AND max(some4) = 1
AND max(some5) = 1
AND max(some6) = 1
AND max(some7) = 1
AND max(some8) = 1
AND max(some9) = 1
AND max(some10) = 1
AND max(some11) = 1
AND max(some12) = 1
AND max(some13) = 1) AS meets
FROM (
SELECT TraceId, SpanId, StartTime, IsEntry AS mayBeShown, ParentSpanId != '' AS isBelow, toString(toUnixTimestamp64Nano(StartTime)) AS position, ifNull((true
AND Name = 'chat gpt'
AND Status = 'error'
AND ServiceName = 'service'
AND Environment = 'production'
AND StartTime >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND StartTime < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128')), false) AS matches, Status = 'error' AS failed, ifNull((true
AND TraceId = '00000000000000000000000000000001'), false) AS some0, ifNull((true
AND SpanType = 'model_generation'), false) AS some1, ifNull((true
AND SessionId = 'session-1'), false) AS some2, ifNull((true
AND ThreadId = 'thread'), false) AS some3, ifNull((true
AND RunId = 'run'), false) AS some4, ifNull((true
AND RequestId = 'request'), false) AS some5, ifNull((true
AND ResourceId = 'resource'), false) AS some6, ifNull((true
AND UserId = 'user'), false) AS some7, ifNull((true
AND OrganizationId = 'organization'), false) AS some8, ifNull((true
AND ConversationId = 'conversation'), false) AS some9, ifNull((true
AND (Model = 'gpt'
OR RequestModel = 'gpt')), false) AS some10, ifNull((true
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))), false) AS some11, ifNull((true
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')), false) AS some12, ifNull((true
AND Status = 'error'), false) AS some13
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId IN (SELECT TraceId
FROM (SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE TraceId = '00000000000000000000000000000001'
INTERSECT
SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE SessionId = 'session-1')
LIMIT 1 BY TraceId
LIMIT 1001)
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
GROUP BY TraceId) FORMAT JSONEachRow


-- listTraces without an error, at least so long

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000020000000,1700000000030000000,1700000000050000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000005\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000021\',\'0000000000000031\',\'0000000000000051\']', 'Array(String)')) FORMAT JSONEachRow

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND NOT IsEntry
AND Name = 'span'
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128')
AND TraceId NOT IN CAST('[\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000005\']', 'Array(String)'))
LIMIT 1 BY TraceId
LIMIT 1001 FORMAT JSONEachRow

SELECT span.1 AS time, [TraceId, span.2] AS ids, span.3 AS position, span.4
AND meets AS matches, isKnown
FROM (
SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches), (isBelow, StartTime, SpanId), mayBeShown) AS span, max(mayBeShown) AS isKnown, (true
AND max(failed) = 0) AS meets
FROM (
SELECT TraceId, SpanId, StartTime, IsEntry AS mayBeShown, ParentSpanId != '' AS isBelow, toString(toUnixTimestamp64Nano(StartTime)) AS position, ifNull((true
AND Name = 'span'
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128')), false) AS matches, Status = 'error' AS failed
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId IN CAST('[\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000005\']', 'Array(String)')
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
GROUP BY TraceId) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry
AND Name = 'span'
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128'))
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listTraces, the longest first

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)')
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId NOT IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)'))
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('-18446744073709551616', 'Int128'))) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry)
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('-18446744073709551616', 'Int128')) desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listTraces, the oldest first, the next page

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN CAST('[\'00000000000000000000000000000002\',\'00000000000000000000000000000003\']', 'Array(String)')
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000030000000', 'Int64'), 'UTC')
AND TraceId NOT IN CAST('[\'00000000000000000000000000000002\',\'00000000000000000000000000000003\']', 'Array(String)'))
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (StartTime > fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
OR (StartTime = fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (TraceId > '00000000000000000000000000000001'
OR (TraceId = '00000000000000000000000000000001'
AND (SpanId > '0000000000000011'
OR (SpanId = '0000000000000011'
AND false)))))))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow


-- listSpans

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000001000000,1700000000020000000,1700000000030000000,1700000000040000000,1700000000050000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000012\',\'0000000000000021\',\'0000000000000031\',\'0000000000000041\',\'0000000000000051\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE true
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listSpans with every filter

SELECT Record AS record, ifNull((true
AND TraceId = '00000000000000000000000000000001'
AND Name = 'chat gpt'
AND SpanType = 'model_generation'
AND Status = 'error'
AND SessionId = 'session-1'
AND ThreadId = 'thread'
AND RunId = 'run'
AND RequestId = 'request'
AND ResourceId = 'resource'
AND UserId = 'user'
AND OrganizationId = 'organization'
AND ConversationId = 'conversation'
AND ServiceName = 'service'
AND Environment = 'production'
AND (Model = 'gpt'
OR RequestModel = 'gpt')
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND StartTime < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128')
AND Status = 'error'), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000001000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000012\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId = '00000000000000000000000000000001'
AND Name = 'chat gpt'
AND SpanType = 'model_generation'
AND Status = 'error'
AND SessionId = 'session-1'
AND ThreadId = 'thread'
AND RunId = 'run'
AND RequestId = 'request'
AND ResourceId = 'resource'
AND UserId = 'user'
AND OrganizationId = 'organization'
AND ConversationId = 'conversation'
AND ServiceName = 'service'
AND Environment = 'production'
AND (Model = 'gpt'
OR RequestModel = 'gpt')
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND StartTime < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= CAST('1000000', 'Int128')
AND Status = 'error')
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listSpans, the longest first

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000001000000,1700000000020000000,1700000000030000000,1700000000040000000,1700000000050000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\',\'00000000000000000000000000000005\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000012\',\'0000000000000021\',\'0000000000000031\',\'0000000000000041\',\'0000000000000051\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('-18446744073709551616', 'Int128'))) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE true
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('-18446744073709551616', 'Int128')) desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow


-- listSpans, the shortest first, the next page

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000001000000,1700000000050000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000005\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000012\',\'0000000000000051\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('18446744073709551616', 'Int128'))) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('18446744073709551616', 'Int128')) >= CAST('1000000', 'Int128')
AND (ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('18446744073709551616', 'Int128')) > CAST('1000000', 'Int128')
OR (ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('18446744073709551616', 'Int128')) = CAST('1000000', 'Int128')
AND (TraceId > '00000000000000000000000000000002'
OR (TraceId = '00000000000000000000000000000002'
AND (SpanId > '0000000000000021'
OR (SpanId = '0000000000000021'
AND false)))))))
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), CAST('18446744073709551616', 'Int128')) asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow


-- listSpans of a session, the next page

SELECT Record AS record, ifNull((true
AND SessionId = 'session-1'), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000001000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000012\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = 'session-1'
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000020000000', 'Int64'), 'UTC')
AND (StartTime < fromUnixTimestamp64Nano(CAST('1700000000020000000', 'Int64'), 'UTC')
OR (StartTime = fromUnixTimestamp64Nano(CAST('1700000000020000000', 'Int64'), 'UTC')
AND (TraceId < '00000000000000000000000000000002'
OR (TraceId = '00000000000000000000000000000002'
AND (SpanId < '0000000000000021'
OR (SpanId = '0000000000000021'
AND false)))))))
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 2 FORMAT JSONEachRow


-- listLogs

SELECT Record AS record, Message AS message, toString(Version) AS version
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000,1700000000020000000,1700000000031000000,1700000000060000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\',\'018bcfe5-6800-7000-8000-000000000002\',\'018bcfe5-6800-7000-8000-000000000003\',\'018bcfe5-6800-7000-8000-000000000004\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE true
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow


-- listLogs by minLevel and search

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND Level IN CAST('[\'error\',\'fatal\',\'warn\']', 'Array(String)')
AND ((true
AND hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'overloaded'))
OR hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'effectobservabilityunknownwords'))), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Level IN CAST('[\'error\',\'fatal\',\'warn\']', 'Array(String)')
AND ((true
AND hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'overloaded'))
OR hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'effectobservabilityunknownwords')))
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow


-- listLogs by tags and metadata

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND hasAll(Tags, CAST('[\'beta\',\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND hasAll(Tags, CAST('[\'beta\',\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}'))
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow


-- listLogs with every filter

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND Level = 'error'
AND TraceId = '00000000000000000000000000000001'
AND SessionId = 'session-1'
AND ThreadId = 'thread'
AND RunId = 'run'
AND RequestId = 'request'
AND ResourceId = 'resource'
AND UserId = 'user'
AND OrganizationId = 'organization'
AND ConversationId = 'conversation'
AND ServiceName = 'service'
AND Environment = 'production'
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND Timestamp < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND Level IN CAST('[\'error\',\'fatal\',\'warn\']', 'Array(String)')
AND ((true
AND hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'overloaded'))
OR hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'effectobservabilityunknownwords'))), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Level = 'error'
AND TraceId = '00000000000000000000000000000001'
AND SessionId = 'session-1'
AND ThreadId = 'thread'
AND RunId = 'run'
AND RequestId = 'request'
AND ResourceId = 'resource'
AND UserId = 'user'
AND OrganizationId = 'organization'
AND ConversationId = 'conversation'
AND ServiceName = 'service'
AND Environment = 'production'
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND Timestamp < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND Level IN CAST('[\'error\',\'fatal\',\'warn\']', 'Array(String)')
AND ((true
AND hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'overloaded'))
OR hasToken(lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))), 'effectobservabilityunknownwords')))
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow


-- listLogs, the oldest first, the next page

SELECT Record AS record, Message AS message, toString(Version) AS version
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000020000000,1700000000031000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000002\',\'018bcfe5-6800-7000-8000-000000000003\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000002000000', 'Int64'), 'UTC')
AND (Timestamp > fromUnixTimestamp64Nano(CAST('1700000000002000000', 'Int64'), 'UTC')
OR (Timestamp = fromUnixTimestamp64Nano(CAST('1700000000002000000', 'Int64'), 'UTC')
AND (LogId > '018bcfe5-6800-7000-8000-000000000001'
OR (LogId = '018bcfe5-6800-7000-8000-000000000001'
AND false)))))
ORDER BY Timestamp asc, LogId asc
LIMIT 2 FORMAT JSONEachRow


-- listSessions

SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(if(NOT (abs(value) <= 9000000), toInt128(0), toInt128(floor(value * 1e9 + 0.5))))) AS billionths, greatest(least(sum(if(NOT (abs(value) <= 9000000), value, 0)), 1.7976931348623157e+308), -1.7976931348623157e+308) AS rest
FROM (
SELECT SessionId, Name, DataType, Value AS value
FROM "default"."asked_mastra_ai_scores"
WHERE ScoreId IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND DataType IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY SessionId, Name
ORDER BY Name
LIMIT 100 BY SessionId FORMAT JSONEachRow

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,toString(sum(sum_costUsd)) AS costUsd,greatest(least(sum(sum_costUsdRest), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsdRest, groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents, groupArrayArray(speakers) AS speakers
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_outputTokens,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), toInt128(0), toInt128(floor(ifNull(CostUsd, 0) * 1e9 + 0.5))), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsd,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), ifNull(CostUsd, 0), 0), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsdRest, groupUniqArray(UserId) AS ids, arraySlice(arraySort(groupUniqArray(Model)), 1, 100) AS models, arraySlice(arraySort(groupUniqArray(AgentName)), 1, 100) AS agents, [argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation')] AS speakers
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0,0, groupUniqArray(UserId), [], [], []
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow

SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId, arrayMap(entry -> [entry.1, entry.2], arrayFilter( entry -> has(CAST('[\'ai.prompt.messages\',\'ai.prompt\',\'ai.response.object\',\'ai.response.text\',\'gen_ai.completion\',\'gen_ai.input.messages\',\'gen_ai.output.messages\',\'gen_ai.prompt\',\'input.value\',\'output.value\']', 'Array(String)'), entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said, ifNull(Messages, '') AS messages
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000000000000,1700000000001000000,1700000000020000000,1700000000030000000,1700000000040000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\',\'00000000000000000000000000000003\',\'00000000000000000000000000000004\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000011\',\'0000000000000012\',\'0000000000000021\',\'0000000000000031\',\'0000000000000041\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(last)) AS position, toUnixTimestamp64Nano(last) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE (true
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_sessions"
WHERE LastActivity >= (SELECT min(LastActivity)
FROM (
SELECT LastActivity
FROM "default"."asked_mastra_ai_sessions"
ORDER BY LastActivity DESC
LIMIT 1020))))
GROUP BY SessionId )
WHERE true )
WHERE true
ORDER BY position desc, id desc
LIMIT 51 FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(last)) AS position, toUnixTimestamp64Nano(last) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE true )
WHERE true
ORDER BY position desc, id desc
LIMIT 51 FORMAT JSONEachRow


-- listSessions with every filter

SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(if(NOT (abs(value) <= 9000000), toInt128(0), toInt128(floor(value * 1e9 + 0.5))))) AS billionths, greatest(least(sum(if(NOT (abs(value) <= 9000000), value, 0)), 1.7976931348623157e+308), -1.7976931348623157e+308) AS rest
FROM (
SELECT SessionId, Name, DataType, Value AS value
FROM "default"."asked_mastra_ai_scores"
WHERE ScoreId IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
AND DataType IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY SessionId, Name
ORDER BY Name
LIMIT 100 BY SessionId FORMAT JSONEachRow

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,toString(sum(sum_costUsd)) AS costUsd,greatest(least(sum(sum_costUsdRest), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsdRest, groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents, groupArrayArray(speakers) AS speakers, max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_outputTokens,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), toInt128(0), toInt128(floor(ifNull(CostUsd, 0) * 1e9 + 0.5))), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsd,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), ifNull(CostUsd, 0), 0), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsdRest, groupUniqArray(UserId) AS ids, arraySlice(arraySort(groupUniqArray(Model)), 1, 100) AS models, arraySlice(arraySort(groupUniqArray(AgentName)), 1, 100) AS agents, [argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation')] AS speakers, max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd, ifNull((true
AND TraceId = '00000000000000000000000000000001'), false) AS matches0, ifNull((true
AND ThreadId = 'thread'), false) AS matches1, ifNull((true
AND RunId = 'run'), false) AS matches2, ifNull((true
AND RequestId = 'request'), false) AS matches3, ifNull((true
AND ResourceId = 'resource'), false) AS matches4, ifNull((true
AND UserId = 'user'), false) AS matches5, ifNull((true
AND OrganizationId = 'organization'), false) AS matches6, ifNull((true
AND ConversationId = 'conversation'), false) AS matches7, ifNull((true
AND ServiceName = 'service'), false) AS matches8, ifNull((true
AND Environment = 'production'), false) AS matches9, ifNull((true
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))), false) AS matches10, ifNull((true
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')), false) AS matches11, ifNull((true
AND Name = 'chat gpt'), false) AS matches12, ifNull((true
AND SpanType = 'model_generation'), false) AS matches13, ifNull((true
AND Status = 'error'), false) AS matches14, ifNull((true
AND (Model = 'gpt'
OR RequestModel = 'gpt')), false) AS matches15
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN CAST('[\'session-1\']', 'Array(String)')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000021000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0,0, groupUniqArray(UserId), [], [], [], max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, Timestamp, UserId, ifNull((true
AND TraceId = '00000000000000000000000000000001'), false) AS matches0, ifNull((true
AND ThreadId = 'thread'), false) AS matches1, ifNull((true
AND RunId = 'run'), false) AS matches2, ifNull((true
AND RequestId = 'request'), false) AS matches3, ifNull((true
AND ResourceId = 'resource'), false) AS matches4, ifNull((true
AND UserId = 'user'), false) AS matches5, ifNull((true
AND OrganizationId = 'organization'), false) AS matches6, ifNull((true
AND ConversationId = 'conversation'), false) AS matches7, ifNull((true
AND ServiceName = 'service'), false) AS matches8, ifNull((true
AND Environment = 'production'), false) AS matches9, ifNull((true
AND hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))), false) AS matches10, ifNull((true
AND (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')), false) AS matches11, ifNull((true
AND false), false) AS matches12, ifNull((true
AND false), false) AS matches13, ifNull((true
AND false), false) AS matches14, ifNull((true
AND false), false) AS matches15
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN CAST('[\'session-1\']', 'Array(String)')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano(CAST('1700000000021000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow

SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId, arrayMap(entry -> [entry.1, entry.2], arrayFilter( entry -> has(CAST('[\'ai.prompt.messages\',\'ai.prompt\',\'ai.response.object\',\'ai.response.text\',\'gen_ai.completion\',\'gen_ai.input.messages\',\'gen_ai.output.messages\',\'gen_ai.prompt\',\'input.value\',\'output.value\']', 'Array(String)'), entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said, ifNull(Messages, '') AS messages
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000000000000,1700000000001000000,1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000011\',\'0000000000000012\',\'0000000000000021\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(last)) AS position, toUnixTimestamp64Nano(last) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE (true
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = '00000000000000000000000000000001'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE TraceId = '00000000000000000000000000000001')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ThreadId = 'thread'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ThreadId = 'thread')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE RunId = 'run'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE RunId = 'run')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE RequestId = 'request'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE RequestId = 'request')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ResourceId = 'resource'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ResourceId = 'resource')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE UserId = 'user'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE UserId = 'user')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE OrganizationId = 'organization'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE OrganizationId = 'organization')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ConversationId = 'conversation'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ConversationId = 'conversation')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ServiceName = 'service'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ServiceName = 'service')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Environment = 'production'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE Environment = 'production')
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE hasAll(Tags, CAST('[\'vip\']', 'Array(String)'))
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE hasAll(Tags, CAST('[\'vip\']', 'Array(String)')))
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}')
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Metadata['plan'] = '"pro"'
AND Metadata['seats'] = '{"free":[1,null],"used":3}'))
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Name = 'chat gpt'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE SpanType = 'model_generation'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Status = 'error'
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (Model = 'gpt'
OR RequestModel = 'gpt')
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Status = 'error'
AND NOT Replayed
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId = 'session-1')
GROUP BY SessionId )
WHERE (true
AND last >= fromUnixTimestamp64Nano(CAST('1699999999999000000', 'Int64'), 'UTC')
AND first < fromUnixTimestamp64Nano(CAST('1700000000005000000', 'Int64'), 'UTC')
AND toInt128(toUnixTimestamp64Nano(last)) - toInt128(toUnixTimestamp64Nano(first)) >= CAST('1000000', 'Int128')) )
WHERE true
ORDER BY position desc, id desc
LIMIT 51 FORMAT JSONEachRow


-- listSessions without an error, the longest first

SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(if(NOT (abs(value) <= 9000000), toInt128(0), toInt128(floor(value * 1e9 + 0.5))))) AS billionths, greatest(least(sum(if(NOT (abs(value) <= 9000000), value, 0)), 1.7976931348623157e+308), -1.7976931348623157e+308) AS rest
FROM (
SELECT SessionId, Name, DataType, Value AS value
FROM "default"."asked_mastra_ai_scores"
WHERE ScoreId IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId IN CAST('[\'session-2\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId IN CAST('[\'session-2\']', 'Array(String)')
AND DataType IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY SessionId, Name
ORDER BY Name
LIMIT 100 BY SessionId FORMAT JSONEachRow

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,toString(sum(sum_costUsd)) AS costUsd,greatest(least(sum(sum_costUsdRest), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsdRest, groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents, groupArrayArray(speakers) AS speakers
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_outputTokens,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), toInt128(0), toInt128(floor(ifNull(CostUsd, 0) * 1e9 + 0.5))), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsd,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), ifNull(CostUsd, 0), 0), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsdRest, groupUniqArray(UserId) AS ids, arraySlice(arraySort(groupUniqArray(Model)), 1, 100) AS models, arraySlice(arraySort(groupUniqArray(AgentName)), 1, 100) AS agents, [argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation')] AS speakers
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0,0, groupUniqArray(UserId), [], [], []
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow

SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId, arrayMap(entry -> [entry.1, entry.2], arrayFilter( entry -> has(CAST('[\'ai.prompt.messages\',\'ai.prompt\',\'ai.response.object\',\'ai.response.text\',\'gen_ai.completion\',\'gen_ai.input.messages\',\'gen_ai.output.messages\',\'gen_ai.prompt\',\'input.value\',\'output.value\']', 'Array(String)'), entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said, ifNull(Messages, '') AS messages
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000030000000,1700000000040000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000003\',\'00000000000000000000000000000004\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000031\',\'0000000000000041\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(last)) - toInt128(toUnixTimestamp64Nano(first)) AS position, toUnixTimestamp64Nano(last) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE true )
WHERE true
ORDER BY position desc, id desc
LIMIT 51 FORMAT JSONEachRow


-- listSessions, the oldest first, the next page

SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(if(NOT (abs(value) <= 9000000), toInt128(0), toInt128(floor(value * 1e9 + 0.5))))) AS billionths, greatest(least(sum(if(NOT (abs(value) <= 9000000), value, 0)), 1.7976931348623157e+308), -1.7976931348623157e+308) AS rest
FROM (
SELECT SessionId, Name, DataType, Value AS value
FROM "default"."asked_mastra_ai_scores"
WHERE ScoreId IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId IN CAST('[\'session-2\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId IN CAST('[\'session-2\']', 'Array(String)')
AND DataType IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY SessionId, Name
ORDER BY Name
LIMIT 100 BY SessionId FORMAT JSONEachRow

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,toString(sum(sum_costUsd)) AS costUsd,greatest(least(sum(sum_costUsdRest), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsdRest, groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents, groupArrayArray(speakers) AS speakers
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_outputTokens,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), toInt128(0), toInt128(floor(ifNull(CostUsd, 0) * 1e9 + 0.5))), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsd,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), ifNull(CostUsd, 0), 0), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsdRest, groupUniqArray(UserId) AS ids, arraySlice(arraySort(groupUniqArray(Model)), 1, 100) AS models, arraySlice(arraySort(groupUniqArray(AgentName)), 1, 100) AS agents, [argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation')] AS speakers
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND StartTime <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0,0, groupUniqArray(UserId), [], [], []
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano(CAST('1700000000040000000', 'Int64'), 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN CAST('[\'session-1\',\'session-2\']', 'Array(String)')
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow

SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId, arrayMap(entry -> [entry.1, entry.2], arrayFilter( entry -> has(CAST('[\'ai.prompt.messages\',\'ai.prompt\',\'ai.response.object\',\'ai.response.text\',\'gen_ai.completion\',\'gen_ai.input.messages\',\'gen_ai.output.messages\',\'gen_ai.prompt\',\'input.value\',\'output.value\']', 'Array(String)'), entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said, ifNull(Messages, '') AS messages
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000030000000,1700000000040000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000003\',\'00000000000000000000000000000004\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000031\',\'0000000000000041\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(first)) AS position, toUnixTimestamp64Nano(max(last) OVER ()) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE (true
AND toInt128(toUnixTimestamp64Nano(last)) >= CAST('1700000000021000000', 'Int128')) )
WHERE (position, id) > (CAST('1700000000030000000', 'Int128'), 'session-2')
ORDER BY position asc, id asc
LIMIT 4 FORMAT JSONEachRow

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(first)) AS position, toUnixTimestamp64Nano(max(last) OVER ()) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE (true
AND toInt128(toUnixTimestamp64Nano(last)) >= CAST('1700000000021000000', 'Int128')) )
WHERE true
ORDER BY position asc, id asc
LIMIT 2 FORMAT JSONEachRow


-- sessionTimeline

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND SessionId = 'session-1'), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000,1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\',\'018bcfe5-6800-7000-8000-000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT Record AS record, ifNull((true
AND SessionId = 'session-1'
AND IsEntry), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000021\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = 'session-1'
AND (IsEntry
OR (TraceId, ParentSpanId) NOT IN (
SELECT TraceId, SpanId
FROM (
SELECT TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = 'session-1')
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = 'session-1')))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 51 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, toString(toUnixTimestamp64Nano(Time)) AS position
FROM "default"."asked_mastra_ai_scores"
WHERE (true
AND SessionId = 'session-1')
ORDER BY Time asc, ScoreId asc
LIMIT 51 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId = 'session-1')
ORDER BY Timestamp asc, LogId asc
LIMIT 51 FORMAT JSONEachRow


-- sessionTimeline, the next page

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND SessionId = 'session-1'), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000002000000,1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND LogId IN CAST('[\'018bcfe5-6800-7000-8000-000000000001\',\'018bcfe5-6800-7000-8000-000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT Record AS record, ifNull((true
AND SessionId = 'session-1'
AND IsEntry), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000002\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000021\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = 'session-1'
AND (IsEntry
OR (TraceId, ParentSpanId) NOT IN (
SELECT TraceId, SpanId
FROM (
SELECT TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = 'session-1')
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = 'session-1'))
AND StartTime >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (StartTime > fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
OR (StartTime = fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (TraceId > '00000000000000000000000000000001'
OR (TraceId = '00000000000000000000000000000001'
AND (SpanId > '0000000000000011'
OR (SpanId = '0000000000000011'
AND false)))))))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, toString(toUnixTimestamp64Nano(Time)) AS position
FROM "default"."asked_mastra_ai_scores"
WHERE (true
AND SessionId = 'session-1'
AND Time >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (Time > fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
OR (Time = fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (ScoreId > ''
OR (ScoreId = ''
AND false)))))
ORDER BY Time asc, ScoreId asc
LIMIT 2 FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId = 'session-1'
AND Timestamp >= fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (Timestamp > fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
OR (Timestamp = fromUnixTimestamp64Nano(CAST('1700000000000000000', 'Int64'), 'UTC')
AND (LogId > ''
OR (LogId = ''
AND false)))))
ORDER BY Timestamp asc, LogId asc
LIMIT 2 FORMAT JSONEachRow


-- getTrace

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = '00000000000000000000000000000001'
ORDER BY StartTime, SpanId, Version DESC
LIMIT 1 BY SpanId
LIMIT 10001 FORMAT JSONEachRow


-- traceOutline

SELECT SpanId AS spanId, nullIf(ParentSpanId, '') AS parentSpanId, ParentIsRemote AS parentIsRemote, Name AS name, Kind AS kind, SpanType AS spanType, Status AS status, ErrorType AS errorType, toUnixTimestamp64Nano(StartTime) AS startTime, toUnixTimestamp64Nano(EndTime) AS endTime, nullIf(SessionId, '') AS sessionId, Model AS model, Provider AS provider, ToolName AS toolName, AgentName AS agentName, InputTokens AS inputTokens, OutputTokens AS outputTokens, CostUsd AS costUsd, CostSource AS costSource, InputSize AS inputSize, OutputSize AS outputSize, AttributesSize AS attributesSize
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = '00000000000000000000000000000001'
ORDER BY StartTime, SpanId, Version DESC
LIMIT 1 BY SpanId
LIMIT 100001 FORMAT JSONEachRow


-- getSpan

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = '00000000000000000000000000000001'
AND SpanId = '0000000000000012'
ORDER BY Version DESC
LIMIT 1 FORMAT JSONEachRow


-- getSession

SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(if(NOT (abs(value) <= 9000000), toInt128(0), toInt128(floor(value * 1e9 + 0.5))))) AS billionths, greatest(least(sum(if(NOT (abs(value) <= 9000000), value, 0)), 1.7976931348623157e+308), -1.7976931348623157e+308) AS rest
FROM (
SELECT SessionId, Name, DataType, Value AS value
FROM "default"."asked_mastra_ai_scores"
WHERE ScoreId IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
AND DataType IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY SessionId, Name
ORDER BY Name
LIMIT 100 BY SessionId FORMAT JSONEachRow

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,toString(sum(sum_costUsd)) AS costUsd,greatest(least(sum(sum_costUsdRest), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsdRest, groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents, groupArrayArray(speakers) AS speakers
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), ifNull(SpanType = 'model_generation', false)
AND NOT Replayed) AS sum_outputTokens,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), toInt128(0), toInt128(floor(ifNull(CostUsd, 0) * 1e9 + 0.5))), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsd,sumIf(if(NOT (abs(ifNull(CostUsd, 0)) <= 9000000), ifNull(CostUsd, 0), 0), ifNull((SpanType = 'model_generation'
OR CostSource = 'custom'), false)
AND NOT Replayed) AS sum_costUsdRest, groupUniqArray(UserId) AS ids, arraySlice(arraySort(groupUniqArray(Model)), 1, 100) AS models, arraySlice(arraySort(groupUniqArray(AgentName)), 1, 100) AS agents, [argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMinIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), IsEntry),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'agent_run'),argMaxIf([toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId], (StartTime, TraceId, SpanId), SpanType = 'model_generation')] AS speakers
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN CAST('[\'session-1\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0,0, groupUniqArray(UserId), [], [], []
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN CAST('[\'session-1\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN CAST('[\'session-1\']', 'Array(String)')
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow

SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId, arrayMap(entry -> [entry.1, entry.2], arrayFilter( entry -> has(CAST('[\'ai.prompt.messages\',\'ai.prompt\',\'ai.response.object\',\'ai.response.text\',\'gen_ai.completion\',\'gen_ai.input.messages\',\'gen_ai.output.messages\',\'gen_ai.prompt\',\'input.value\',\'output.value\']', 'Array(String)'), entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said, ifNull(Messages, '') AS messages
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(CAST('[1700000000000000000,1700000000000000000,1700000000001000000,1700000000020000000]', 'Array(Int64)')), 'UTC'))
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')
AND SpanId IN CAST('[\'0000000000000011\',\'0000000000000011\',\'0000000000000012\',\'0000000000000021\']', 'Array(String)'))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId FORMAT JSONEachRow


-- deleteSession

DELETE FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (
SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2
FROM (SELECT arrayJoin(arrayZip(CAST('[1700000000002000000,1700000000020000000]', 'Array(Int64)'), CAST('[\'018bcfe5-6800-7000-8000-000000000001\',\'018bcfe5-6800-7000-8000-000000000002\']', 'Array(String)'))) AS place))

DELETE FROM "default"."asked_mastra_ai_sessions"
WHERE SessionId = 'session-1'

DELETE FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (
SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2, place.3
FROM (SELECT arrayJoin(arrayZip(CAST('[1700000000000000000,1700000000001000000,1700000000020000000]', 'Array(Int64)'), CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)'), CAST('[\'0000000000000011\',\'0000000000000012\',\'0000000000000021\']', 'Array(String)'))) AS place))

SELECT toString(count()) AS count
FROM "default"."asked_mastra_ai_messages"
WHERE Owner IN CAST('[\'s:session-1\',\'t:00000000000000000000000000000001\',\'t:00000000000000000000000000000002\']', 'Array(String)') FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, TraceId AS traceId
FROM (
SELECT StartTime, TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (SELECT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, TraceId AS traceId
FROM (
SELECT StartTime, TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (SELECT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = 'session-1')
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = 'session-1' FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Time) AS time, [MetricId] AS ids, TraceId AS traceId
FROM (
SELECT Time, MetricId, TraceId
FROM "default"."asked_mastra_ai_metrics"
WHERE (Time, MetricId) IN (SELECT Time, MetricId
FROM "default"."asked_mastra_ai_metrics"
WHERE (TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY MetricId )
WHERE (TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, TraceId AS traceId
FROM (
SELECT Time, ScoreId, TraceId, SessionId
FROM "default"."asked_mastra_ai_scores"
WHERE (ScoreId) IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, TraceId AS traceId
FROM (
SELECT Time, ScoreId, TraceId, SessionId
FROM "default"."asked_mastra_ai_scores"
WHERE (ScoreId) IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId = 'session-1')
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId = 'session-1' FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, TraceId AS traceId
FROM (
SELECT Timestamp, LogId, TraceId, SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (SELECT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE (SessionId = ''
AND TraceId IN CAST('[\'00000000000000000000000000000001\',\'00000000000000000000000000000002\']', 'Array(String)')) FORMAT JSONEachRow

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, TraceId AS traceId
FROM (
SELECT Timestamp, LogId, TraceId, SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (SELECT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE SessionId = 'session-1')
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId = 'session-1' FORMAT JSONEachRow


-- deleteBefore

DELETE FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')

DELETE FROM "default"."asked_mastra_ai_sessions"
WHERE (FirstActivity < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')
AND SessionId NOT IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans")
AND SessionId NOT IN (SELECT SessionId
FROM "default"."asked_mastra_ai_logs"))

DELETE FROM "default"."asked_mastra_ai_spans"
WHERE StartTime < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')

SELECT count() AS count
FROM (
SELECT DISTINCT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')) FORMAT JSONEachRow

SELECT count() AS count
FROM (
SELECT DISTINCT Time, MetricId
FROM "default"."asked_mastra_ai_metrics"
WHERE Time < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')) FORMAT JSONEachRow

SELECT count() AS count
FROM (
SELECT DISTINCT Time, ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE Time < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')) FORMAT JSONEachRow

SELECT count() AS count
FROM (
SELECT DISTINCT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC')) FORMAT JSONEachRow

SELECT toString(count()) AS count
FROM "default"."asked_mastra_ai_messages"
WHERE KeptUntil < fromUnixTimestamp64Nano(CAST('1700000000045000000', 'Int64'), 'UTC') FORMAT JSONEachRow
