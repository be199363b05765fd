-- a fresh store is opened

SELECT 1

SELECT name
FROM system.settings
WHERE name IN {p1: Array(String)} FORMAT JSONEachRow
  p1 = ['enable_multiple_prewhere_read_steps','use_query_condition_cache','use_skip_indexes_on_data_read']

SELECT currentDatabase() AS database FORMAT JSONEachRow

SELECT table, name, type, default_kind AS kind
FROM system.columns
WHERE database = {p1: String}
AND table IN {p2: Array(String)} FORMAT JSONEachRow
  p1 = default
  p2 = ['asked_mastra_ai_logs','asked_mastra_ai_metrics','asked_mastra_ai_schema','asked_mastra_ai_scores','asked_mastra_ai_sessions','asked_mastra_ai_spans']

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_spans" (TraceId String CODEC(ZSTD(1)), SpanId String CODEC(ZSTD(1)), ParentSpanId String CODEC(ZSTD(1)), ParentIsRemote Nullable(Bool), Name LowCardinality(String), Kind LowCardinality(String), SpanType LowCardinality(String), Status LowCardinality(String), ErrorType LowCardinality(Nullable(String)), StartTime DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), EndTime Nullable(DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Model LowCardinality(Nullable(String)), RequestModel LowCardinality(Nullable(String)), Provider LowCardinality(Nullable(String)), InputTokens Nullable(Int64), OutputTokens Nullable(Int64), CachedInputTokens Nullable(Int64), CacheWriteTokens Nullable(Int64), ReasoningTokens Nullable(Int64), CostUsd Nullable(Float64), CostSource LowCardinality(Nullable(String)), TimeToFirstToken Nullable(Int64), ToolName LowCardinality(Nullable(String)), AgentName LowCardinality(Nullable(String)), IsEntry Bool DEFAULT ifNull(ParentSpanId = ''
OR ParentIsRemote = true, false), Replayed Bool, Record String CODEC(ZSTD(1)), TraceState Nullable(String) ALIAS JSONExtract(Record, 'traceState', 'Nullable(String)'), StatusMessage Nullable(String) ALIAS JSONExtract(Record, 'statusMessage', 'Nullable(String)'), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), Events String ALIAS JSONExtractRaw(Record, 'events'), Links String ALIAS JSONExtractRaw(Record, 'links'), Resource String ALIAS JSONExtractRaw(Record, 'resource'), Dropped Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(StartTime), 604800)
ORDER BY (StartTime, TraceId, SpanId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_logs" (LogId String CODEC(ZSTD(1)), Timestamp DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Level LowCardinality(String), Message String CODEC(ZSTD(1)), TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Record String CODEC(ZSTD(1)), Data String ALIAS JSONExtractRaw(Record, 'data'), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), LogSpans String ALIAS JSONExtractRaw(Record, 'logSpans'), Cause Nullable(String) ALIAS JSONExtract(Record, 'cause', 'Nullable(String)'), Dropped Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Timestamp), 604800)
ORDER BY (Timestamp, LogId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_metrics" (MetricId String CODEC(ZSTD(1)), Name LowCardinality(String), Kind LowCardinality(String), Unit LowCardinality(Nullable(String)), StartTime Nullable(DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)), Time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Value Float64, TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Version UInt64, Record String CODEC(ZSTD(1)), Description Nullable(String) ALIAS JSONExtract(Record, 'description', 'Nullable(String)'), Histogram Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'histogram'), ''), Attributes String ALIAS JSONExtractRaw(Record, 'attributes'), Resource String ALIAS JSONExtractRaw(Record, 'resource'), INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, MetricId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

CREATE TABLE IF NOT EXISTS "default"."asked_mastra_ai_scores" (ScoreId String CODEC(ZSTD(1)), Time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)), Name LowCardinality(String), Value Nullable(Float64), Label LowCardinality(Nullable(String)), DataType LowCardinality(String), Source LowCardinality(String), AuthorId Nullable(String) CODEC(ZSTD(1)), TraceId Nullable(String) CODEC(ZSTD(1)), SpanId Nullable(String) CODEC(ZSTD(1)), SessionId String CODEC(ZSTD(1)), ThreadId Nullable(String) CODEC(ZSTD(1)), RunId Nullable(String) CODEC(ZSTD(1)), RequestId Nullable(String) CODEC(ZSTD(1)), ResourceId Nullable(String) CODEC(ZSTD(1)), UserId Nullable(String) CODEC(ZSTD(1)), OrganizationId Nullable(String) CODEC(ZSTD(1)), ConversationId Nullable(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String), Environment LowCardinality(Nullable(String)), Tags Array(String) CODEC(ZSTD(1)), Metadata Map(String, String) CODEC(ZSTD(1)), Version UInt64, Record String CODEC(ZSTD(1)), Comment Nullable(String) ALIAS JSONExtract(Record, 'comment', 'Nullable(String)'), Correction Nullable(String) ALIAS JSONExtract(Record, 'correction', 'Nullable(String)'), Scorer Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'scorer'), ''), INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64, INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1, INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_score_id_coarse ScoreId TYPE bloom_filter(0.001) GRANULARITY 64, INDEX idx_score_id ScoreId TYPE bloom_filter(0.001) GRANULARITY 1) ENGINE = ReplacingMergeTree(Version) PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, ScoreId) SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1

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
WHERE database = {p1: String}
AND name = {p2: String} FORMAT JSONEachRow
  p1 = default
  p2 = asked_mastra_ai_spans

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = {p1: String}
AND name = {p2: String} FORMAT JSONEachRow
  p1 = default
  p2 = asked_mastra_ai_logs

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = {p1: String}
AND name = {p2: String} FORMAT JSONEachRow
  p1 = default
  p2 = asked_mastra_ai_metrics

SELECT extract(engine_full, 'toIntervalSecond\((\d+)\)') AS seconds
FROM system.tables
WHERE database = {p1: String}
AND name = {p2: String} FORMAT JSONEachRow
  p1 = default
  p2 = asked_mastra_ai_scores

INSERT INTO "default"."asked_mastra_ai_schema" VALUES (1, 2, now())


-- insertSpans and insertLogs

INSERT INTO "default"."asked_mastra_ai_spans" (TraceId,SpanId,ParentSpanId,ParentIsRemote,Name,Kind,SpanType,Status,ErrorType,StartTime,EndTime,SessionId,ThreadId,RunId,RequestId,ResourceId,UserId,OrganizationId,ConversationId,ServiceName,Environment,Tags,Metadata,Version,Model,RequestModel,Provider,InputTokens,OutputTokens,CachedInputTokens,CacheWriteTokens,ReasoningTokens,CostUsd,CostSource,TimeToFirstToken,ToolName,AgentName,IsEntry,Replayed,Record) FORMAT RowBinary

INSERT INTO "default"."asked_mastra_ai_logs" (LogId,Timestamp,Level,Message,TraceId,SpanId,SessionId,ThreadId,RunId,RequestId,ResourceId,UserId,OrganizationId,ConversationId,ServiceName,Environment,Tags,Metadata,Version,Record) FORMAT RowBinary


-- listTraces

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry)
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN {p1: Array(String)}
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId NOT IN {p1: Array(String)})
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']


-- listTraces of a session

SELECT TraceId AS id
FROM (SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE SessionId = {p1: String})
LIMIT 1 BY TraceId
LIMIT 103 FORMAT JSONEachRow
  p1 = session-1

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN {p1: Array(String)}
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002']


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
AND Name = {p1: String}
AND Status = {p2: String}
AND ServiceName = {p3: String}
AND Environment = {p4: String}
AND StartTime >= fromUnixTimestamp64Nano({p5: Int64}, 'UTC')
AND StartTime < fromUnixTimestamp64Nano({p6: Int64}, 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p7: Int128}), false) AS matches, Status = 'error' AS failed, ifNull((true
AND TraceId = {p8: String}), false) AS some0, ifNull((true
AND SpanType = {p9: String}), false) AS some1, ifNull((true
AND SessionId = {p10: String}), false) AS some2, ifNull((true
AND ThreadId = {p11: String}), false) AS some3, ifNull((true
AND RunId = {p12: String}), false) AS some4, ifNull((true
AND RequestId = {p13: String}), false) AS some5, ifNull((true
AND ResourceId = {p14: String}), false) AS some6, ifNull((true
AND UserId = {p15: String}), false) AS some7, ifNull((true
AND OrganizationId = {p16: String}), false) AS some8, ifNull((true
AND ConversationId = {p17: String}), false) AS some9, ifNull((true
AND (Model = {p18: String}
OR RequestModel = {p19: String})), false) AS some10, ifNull((true
AND hasAll(Tags, {p20: Array(String)})), false) AS some11, ifNull((true
AND (true
AND Metadata[{p21: String}] = {p22: String}
AND Metadata[{p23: String}] = {p24: String})), false) AS some12, ifNull((true
AND Status = {p25: String}), false) AS some13
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId IN (SELECT TraceId
FROM (SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE TraceId = {p26: String}
INTERSECT
SELECT TraceId
FROM "default"."asked_mastra_ai_spans"
PREWHERE SessionId = {p27: String})
LIMIT 1 BY TraceId
LIMIT 1001)
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
GROUP BY TraceId) FORMAT JSONEachRow
  p1 = chat gpt
  p2 = error
  p3 = service
  p4 = production
  p5 = 1699999999999000000
  p6 = 1700000000005000000
  p7 = 1000000
  p8 = 00000000000000000000000000000001
  p9 = model_generation
  p10 = session-1
  p11 = thread
  p12 = run
  p13 = request
  p14 = resource
  p15 = user
  p16 = organization
  p17 = conversation
  p18 = gpt
  p19 = gpt
  p20 = ['vip']
  p21 = plan
  p22 = "pro"
  p23 = seats
  p24 = {"free":[1,null],"used":3}
  p25 = error
  p26 = 00000000000000000000000000000001
  p27 = session-1


-- listTraces without an error, at least so long

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry
AND Name = {p1: String}
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p2: Int128})
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = span
  p2 = 1000000

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND NOT IsEntry
AND Name = {p1: String}
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p2: Int128}
AND TraceId NOT IN {p3: Array(String)})
LIMIT 1 BY TraceId
LIMIT 1001 FORMAT JSONEachRow
  p1 = span
  p2 = 1000000
  p3 = ['00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000005']

SELECT span.1 AS time, [TraceId, span.2] AS ids, span.3 AS position, span.4
AND meets AS matches, isKnown
FROM (
SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches), (isBelow, StartTime, SpanId), mayBeShown) AS span, max(mayBeShown) AS isKnown, (true
AND max(failed) = 0) AS meets
FROM (
SELECT TraceId, SpanId, StartTime, IsEntry AS mayBeShown, ParentSpanId != '' AS isBelow, toString(toUnixTimestamp64Nano(StartTime)) AS position, ifNull((true
AND Name = {p1: String}
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p2: Int128}), false) AS matches, Status = 'error' AS failed
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId IN {p3: Array(String)}
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
GROUP BY TraceId) FORMAT JSONEachRow
  p1 = span
  p2 = 1000000
  p3 = ['00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000005']

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND TraceId IN {p2: Array(String)}
AND SpanId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000020000000,1700000000030000000,1700000000050000000]
  p2 = ['00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000005']
  p3 = ['0000000000000021','0000000000000031','0000000000000051']


-- listTraces, the longest first

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p1: Int128})) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry)
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p2: Int128}) desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = -18446744073709551616
  p2 = -18446744073709551616

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN {p1: Array(String)}
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId NOT IN {p1: Array(String)})
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']


-- listTraces, the oldest first, the next page

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND IsEntry
AND StartTime >= fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
AND (StartTime > fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
OR (StartTime = fromUnixTimestamp64Nano({p3: Int64}, 'UTC')
AND (TraceId > {p4: String}
OR (TraceId = {p5: String}
AND (SpanId > {p6: String}
OR (SpanId = {p7: String}
AND false)))))))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = 1700000000000000000
  p2 = 1700000000000000000
  p3 = 1700000000000000000
  p4 = 00000000000000000000000000000001
  p5 = 00000000000000000000000000000001
  p6 = 0000000000000011
  p7 = 0000000000000011

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
PREWHERE (true
AND TraceId IN {p1: Array(String)}
AND IsEntry)
LIMIT 201 FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000002','00000000000000000000000000000003']

SELECT TraceId AS id
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime >= fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
AND StartTime <= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND TraceId NOT IN {p3: Array(String)})
GROUP BY TraceId
HAVING NOT (max(IsEntry
AND NOT ifNull(ParentIsRemote, false))
OR min(IsEntry)
OR max(IsEntry)
AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry))
LIMIT 1001 FORMAT JSONEachRow
  p1 = 1700000000000000000
  p2 = 1700000000030000000
  p3 = ['00000000000000000000000000000002','00000000000000000000000000000003']


-- listSpans

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE true
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND TraceId IN {p2: Array(String)}
AND SpanId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000000000000,1700000000001000000,1700000000020000000,1700000000030000000,1700000000040000000,1700000000050000000]
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']
  p3 = ['0000000000000011','0000000000000012','0000000000000021','0000000000000031','0000000000000041','0000000000000051']


-- listSpans with every filter

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND TraceId = {p1: String}
AND Name = {p2: String}
AND SpanType = {p3: String}
AND Status = {p4: String}
AND SessionId = {p5: String}
AND ThreadId = {p6: String}
AND RunId = {p7: String}
AND RequestId = {p8: String}
AND ResourceId = {p9: String}
AND UserId = {p10: String}
AND OrganizationId = {p11: String}
AND ConversationId = {p12: String}
AND ServiceName = {p13: String}
AND Environment = {p14: String}
AND (Model = {p15: String}
OR RequestModel = {p16: String})
AND hasAll(Tags, {p17: Array(String)})
AND (true
AND Metadata[{p18: String}] = {p19: String}
AND Metadata[{p20: String}] = {p21: String})
AND StartTime >= fromUnixTimestamp64Nano({p22: Int64}, 'UTC')
AND StartTime < fromUnixTimestamp64Nano({p23: Int64}, 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p24: Int128}
AND Status = {p25: String})
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001
  p2 = chat gpt
  p3 = model_generation
  p4 = error
  p5 = session-1
  p6 = thread
  p7 = run
  p8 = request
  p9 = resource
  p10 = user
  p11 = organization
  p12 = conversation
  p13 = service
  p14 = production
  p15 = gpt
  p16 = gpt
  p17 = ['vip']
  p18 = plan
  p19 = "pro"
  p20 = seats
  p21 = {"free":[1,null],"used":3}
  p22 = 1699999999999000000
  p23 = 1700000000005000000
  p24 = 1000000
  p25 = error

SELECT Record AS record, ifNull((true
AND TraceId = {p1: String}
AND Name = {p2: String}
AND SpanType = {p3: String}
AND Status = {p4: String}
AND SessionId = {p5: String}
AND ThreadId = {p6: String}
AND RunId = {p7: String}
AND RequestId = {p8: String}
AND ResourceId = {p9: String}
AND UserId = {p10: String}
AND OrganizationId = {p11: String}
AND ConversationId = {p12: String}
AND ServiceName = {p13: String}
AND Environment = {p14: String}
AND (Model = {p15: String}
OR RequestModel = {p16: String})
AND hasAll(Tags, {p17: Array(String)})
AND (true
AND Metadata[{p18: String}] = {p19: String}
AND Metadata[{p20: String}] = {p21: String})
AND StartTime >= fromUnixTimestamp64Nano({p22: Int64}, 'UTC')
AND StartTime < fromUnixTimestamp64Nano({p23: Int64}, 'UTC')
AND (toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))) >= {p24: Int128}
AND Status = {p25: String}), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p26: Array(Int64)}), 'UTC'))
AND TraceId IN {p27: Array(String)}
AND SpanId IN {p28: Array(String)}) FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001
  p2 = chat gpt
  p3 = model_generation
  p4 = error
  p5 = session-1
  p6 = thread
  p7 = run
  p8 = request
  p9 = resource
  p10 = user
  p11 = organization
  p12 = conversation
  p13 = service
  p14 = production
  p15 = gpt
  p16 = gpt
  p17 = ['vip']
  p18 = plan
  p19 = "pro"
  p20 = seats
  p21 = {"free":[1,null],"used":3}
  p22 = 1699999999999000000
  p23 = 1700000000005000000
  p24 = 1000000
  p25 = error
  p26 = [1700000000001000000]
  p27 = ['00000000000000000000000000000001']
  p28 = ['0000000000000012']


-- listSpans, the longest first

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p1: Int128})) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE true
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p2: Int128}) desc, TraceId desc, SpanId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = -18446744073709551616
  p2 = -18446744073709551616

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND TraceId IN {p2: Array(String)}
AND SpanId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000000000000,1700000000001000000,1700000000020000000,1700000000030000000,1700000000040000000,1700000000050000000]
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000001','00000000000000000000000000000002','00000000000000000000000000000003','00000000000000000000000000000004','00000000000000000000000000000005']
  p3 = ['0000000000000011','0000000000000012','0000000000000021','0000000000000031','0000000000000041','0000000000000051']


-- listSpans, the shortest first, the next page

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p1: Int128})) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p2: Int128}) >= {p3: Int128}
AND (ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p4: Int128}) > {p5: Int128}
OR (ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p6: Int128}) = {p7: Int128}
AND (TraceId > {p8: String}
OR (TraceId = {p9: String}
AND (SpanId > {p10: String}
OR (SpanId = {p11: String}
AND false)))))))
ORDER BY ifNull((toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime))), {p12: Int128}) asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = 18446744073709551616
  p2 = 18446744073709551616
  p3 = 1000000
  p4 = 18446744073709551616
  p5 = 1000000
  p6 = 18446744073709551616
  p7 = 1000000
  p8 = 00000000000000000000000000000002
  p9 = 00000000000000000000000000000002
  p10 = 0000000000000021
  p11 = 0000000000000021
  p12 = 18446744073709551616

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND TraceId IN {p2: Array(String)}
AND SpanId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000001000000,1700000000050000000]
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000005']
  p3 = ['0000000000000012','0000000000000051']


-- listSpans of a session, the next page

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = {p1: String}
AND StartTime <= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND (StartTime < fromUnixTimestamp64Nano({p3: Int64}, 'UTC')
OR (StartTime = fromUnixTimestamp64Nano({p4: Int64}, 'UTC')
AND (TraceId < {p5: String}
OR (TraceId = {p6: String}
AND (SpanId < {p7: String}
OR (SpanId = {p8: String}
AND false)))))))
ORDER BY StartTime desc, TraceId desc, SpanId desc
LIMIT 2 FORMAT JSONEachRow
  p1 = session-1
  p2 = 1700000000020000000
  p3 = 1700000000020000000
  p4 = 1700000000020000000
  p5 = 00000000000000000000000000000002
  p6 = 00000000000000000000000000000002
  p7 = 0000000000000021
  p8 = 0000000000000021

SELECT Record AS record, ifNull((true
AND SessionId = {p1: String}), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p2: Array(Int64)}), 'UTC'))
AND TraceId IN {p3: Array(String)}
AND SpanId IN {p4: Array(String)}) FORMAT JSONEachRow
  p1 = session-1
  p2 = [1700000000000000000,1700000000001000000]
  p3 = ['00000000000000000000000000000001','00000000000000000000000000000001']
  p4 = ['0000000000000011','0000000000000012']


-- listLogs

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE true
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow

SELECT Record AS record, Message AS message, toString(Version) AS version
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND LogId IN {p2: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000002000000,1700000000020000000,1700000000031000000,1700000000060000000]
  p2 = ['018bcfe5-6800-7000-8000-000000000001','018bcfe5-6800-7000-8000-000000000002','018bcfe5-6800-7000-8000-000000000003','018bcfe5-6800-7000-8000-000000000004']


-- listLogs by minLevel and search

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Level IN {p1: Array(String)}
AND position(lower(Message), lower({p2: String})) > 0)
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = ['error','fatal','warn']
  p2 = OverLoaded

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND Level IN {p1: Array(String)}
AND position(lower(Message), lower({p2: String})) > 0), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p3: Array(Int64)}), 'UTC'))
AND LogId IN {p4: Array(String)}) FORMAT JSONEachRow
  p1 = ['error','fatal','warn']
  p2 = OverLoaded
  p3 = [1700000000002000000]
  p4 = ['018bcfe5-6800-7000-8000-000000000001']


-- listLogs by tags and metadata

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND hasAll(Tags, {p1: Array(String)})
AND (true
AND Metadata[{p2: String}] = {p3: String}
AND Metadata[{p4: String}] = {p5: String}))
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = ['beta','vip']
  p2 = plan
  p3 = "pro"
  p4 = seats
  p5 = {"free":[1,null],"used":3}

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND hasAll(Tags, {p1: Array(String)})
AND (true
AND Metadata[{p2: String}] = {p3: String}
AND Metadata[{p4: String}] = {p5: String})), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p6: Array(Int64)}), 'UTC'))
AND LogId IN {p7: Array(String)}) FORMAT JSONEachRow
  p1 = ['beta','vip']
  p2 = plan
  p3 = "pro"
  p4 = seats
  p5 = {"free":[1,null],"used":3}
  p6 = [1700000000002000000]
  p7 = ['018bcfe5-6800-7000-8000-000000000001']


-- listLogs with every filter

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Level = {p1: String}
AND TraceId = {p2: String}
AND SessionId = {p3: String}
AND ThreadId = {p4: String}
AND RunId = {p5: String}
AND RequestId = {p6: String}
AND ResourceId = {p7: String}
AND UserId = {p8: String}
AND OrganizationId = {p9: String}
AND ConversationId = {p10: String}
AND ServiceName = {p11: String}
AND Environment = {p12: String}
AND hasAll(Tags, {p13: Array(String)})
AND (true
AND Metadata[{p14: String}] = {p15: String}
AND Metadata[{p16: String}] = {p17: String})
AND Timestamp >= fromUnixTimestamp64Nano({p18: Int64}, 'UTC')
AND Timestamp < fromUnixTimestamp64Nano({p19: Int64}, 'UTC')
AND Level IN {p20: Array(String)}
AND position(lower(Message), lower({p21: String})) > 0)
ORDER BY Timestamp desc, LogId desc
LIMIT 51 FORMAT JSONEachRow
  p1 = error
  p2 = 00000000000000000000000000000001
  p3 = session-1
  p4 = thread
  p5 = run
  p6 = request
  p7 = resource
  p8 = user
  p9 = organization
  p10 = conversation
  p11 = service
  p12 = production
  p13 = ['vip']
  p14 = plan
  p15 = "pro"
  p16 = seats
  p17 = {"free":[1,null],"used":3}
  p18 = 1699999999999000000
  p19 = 1700000000005000000
  p20 = ['error','fatal','warn']
  p21 = OverLoaded

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND Level = {p1: String}
AND TraceId = {p2: String}
AND SessionId = {p3: String}
AND ThreadId = {p4: String}
AND RunId = {p5: String}
AND RequestId = {p6: String}
AND ResourceId = {p7: String}
AND UserId = {p8: String}
AND OrganizationId = {p9: String}
AND ConversationId = {p10: String}
AND ServiceName = {p11: String}
AND Environment = {p12: String}
AND hasAll(Tags, {p13: Array(String)})
AND (true
AND Metadata[{p14: String}] = {p15: String}
AND Metadata[{p16: String}] = {p17: String})
AND Timestamp >= fromUnixTimestamp64Nano({p18: Int64}, 'UTC')
AND Timestamp < fromUnixTimestamp64Nano({p19: Int64}, 'UTC')
AND Level IN {p20: Array(String)}
AND position(lower(Message), lower({p21: String})) > 0), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p22: Array(Int64)}), 'UTC'))
AND LogId IN {p23: Array(String)}) FORMAT JSONEachRow
  p1 = error
  p2 = 00000000000000000000000000000001
  p3 = session-1
  p4 = thread
  p5 = run
  p6 = request
  p7 = resource
  p8 = user
  p9 = organization
  p10 = conversation
  p11 = service
  p12 = production
  p13 = ['vip']
  p14 = plan
  p15 = "pro"
  p16 = seats
  p17 = {"free":[1,null],"used":3}
  p18 = 1699999999999000000
  p19 = 1700000000005000000
  p20 = ['error','fatal','warn']
  p21 = OverLoaded
  p22 = [1700000000002000000]
  p23 = ['018bcfe5-6800-7000-8000-000000000001']


-- listLogs, the oldest first, the next page

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp >= fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
AND (Timestamp > fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
OR (Timestamp = fromUnixTimestamp64Nano({p3: Int64}, 'UTC')
AND (LogId > {p4: String}
OR (LogId = {p5: String}
AND false)))))
ORDER BY Timestamp asc, LogId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = 1700000000002000000
  p2 = 1700000000002000000
  p3 = 1700000000002000000
  p4 = 018bcfe5-6800-7000-8000-000000000001
  p5 = 018bcfe5-6800-7000-8000-000000000001

SELECT Record AS record, Message AS message, toString(Version) AS version
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p1: Array(Int64)}), 'UTC'))
AND LogId IN {p2: Array(String)}) FORMAT JSONEachRow
  p1 = [1700000000020000000,1700000000031000000]
  p2 = ['018bcfe5-6800-7000-8000-000000000002','018bcfe5-6800-7000-8000-000000000003']


-- listSessions

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

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,greatest(least(sum(sum_costUsd), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsd, groupUniqArrayArray(ids) AS users
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_outputTokens,sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_costUsd, groupUniqArray(UserId) AS ids
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN {p1: Array(String)}
AND StartTime >= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND StartTime <= fromUnixTimestamp64Nano({p3: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN {p4: Array(String)}
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0, groupUniqArray(UserId)
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN {p5: Array(String)}
AND Timestamp >= fromUnixTimestamp64Nano({p6: Int64}, 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano({p7: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN {p8: Array(String)}
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow
  p1 = ['session-1','session-2']
  p2 = 1700000000000000000
  p3 = 1700000000040000000
  p4 = ['session-1','session-2']
  p5 = ['session-1','session-2']
  p6 = 1700000000000000000
  p7 = 1700000000040000000
  p8 = ['session-1','session-2']


-- listSessions with every filter

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(last)) AS position, toUnixTimestamp64Nano(last) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE (true
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = {p1: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE TraceId = {p2: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ThreadId = {p3: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ThreadId = {p4: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE RunId = {p5: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE RunId = {p6: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE RequestId = {p7: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE RequestId = {p8: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ResourceId = {p9: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ResourceId = {p10: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE UserId = {p11: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE UserId = {p12: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE OrganizationId = {p13: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE OrganizationId = {p14: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ConversationId = {p15: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ConversationId = {p16: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE ServiceName = {p17: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE ServiceName = {p18: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Environment = {p19: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE Environment = {p20: String})
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE hasAll(Tags, {p21: Array(String)})
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE hasAll(Tags, {p22: Array(String)}))
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND Metadata[{p23: String}] = {p24: String}
AND Metadata[{p25: String}] = {p26: String})
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Metadata[{p27: String}] = {p28: String}
AND Metadata[{p29: String}] = {p30: String}))
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Name = {p31: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE SpanType = {p32: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE Status = {p33: String}
UNION ALL
SELECT SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE false)
AND SessionId IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (Model = {p34: String}
OR RequestModel = {p35: String})
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
AND SessionId = {p36: String})
GROUP BY SessionId )
WHERE (true
AND last >= fromUnixTimestamp64Nano({p37: Int64}, 'UTC')
AND first < fromUnixTimestamp64Nano({p38: Int64}, 'UTC')
AND toInt128(toUnixTimestamp64Nano(last)) - toInt128(toUnixTimestamp64Nano(first)) >= {p39: Int128}) )
WHERE true
ORDER BY position desc, id desc
LIMIT 51 FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001
  p2 = 00000000000000000000000000000001
  p3 = thread
  p4 = thread
  p5 = run
  p6 = run
  p7 = request
  p8 = request
  p9 = resource
  p10 = resource
  p11 = user
  p12 = user
  p13 = organization
  p14 = organization
  p15 = conversation
  p16 = conversation
  p17 = service
  p18 = service
  p19 = production
  p20 = production
  p21 = ['vip']
  p22 = ['vip']
  p23 = plan
  p24 = "pro"
  p25 = seats
  p26 = {"free":[1,null],"used":3}
  p27 = plan
  p28 = "pro"
  p29 = seats
  p30 = {"free":[1,null],"used":3}
  p31 = chat gpt
  p32 = model_generation
  p33 = error
  p34 = gpt
  p35 = gpt
  p36 = session-1
  p37 = 1699999999999000000
  p38 = 1700000000005000000
  p39 = 1000000

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,greatest(least(sum(sum_costUsd), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsd, groupUniqArrayArray(ids) AS users, max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_outputTokens,sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_costUsd, groupUniqArray(UserId) AS ids, max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd, ifNull((true
AND TraceId = {p1: String}), false) AS matches0, ifNull((true
AND ThreadId = {p2: String}), false) AS matches1, ifNull((true
AND RunId = {p3: String}), false) AS matches2, ifNull((true
AND RequestId = {p4: String}), false) AS matches3, ifNull((true
AND ResourceId = {p5: String}), false) AS matches4, ifNull((true
AND UserId = {p6: String}), false) AS matches5, ifNull((true
AND OrganizationId = {p7: String}), false) AS matches6, ifNull((true
AND ConversationId = {p8: String}), false) AS matches7, ifNull((true
AND ServiceName = {p9: String}), false) AS matches8, ifNull((true
AND Environment = {p10: String}), false) AS matches9, ifNull((true
AND hasAll(Tags, {p11: Array(String)})), false) AS matches10, ifNull((true
AND (true
AND Metadata[{p12: String}] = {p13: String}
AND Metadata[{p14: String}] = {p15: String})), false) AS matches11, ifNull((true
AND Name = {p16: String}), false) AS matches12, ifNull((true
AND SpanType = {p17: String}), false) AS matches13, ifNull((true
AND Status = {p18: String}), false) AS matches14, ifNull((true
AND (Model = {p19: String}
OR RequestModel = {p20: String})), false) AS matches15
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN {p21: Array(String)}
AND StartTime >= fromUnixTimestamp64Nano({p22: Int64}, 'UTC')
AND StartTime <= fromUnixTimestamp64Nano({p23: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN {p24: Array(String)}
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0, groupUniqArray(UserId), max(matches0) AS matches0, max(matches1) AS matches1, max(matches2) AS matches2, max(matches3) AS matches3, max(matches4) AS matches4, max(matches5) AS matches5, max(matches6) AS matches6, max(matches7) AS matches7, max(matches8) AS matches8, max(matches9) AS matches9, max(matches10) AS matches10, max(matches11) AS matches11, max(matches12) AS matches12, max(matches13) AS matches13, max(matches14) AS matches14, max(matches15) AS matches15
FROM (
SELECT SessionId, Timestamp, UserId, ifNull((true
AND TraceId = {p25: String}), false) AS matches0, ifNull((true
AND ThreadId = {p26: String}), false) AS matches1, ifNull((true
AND RunId = {p27: String}), false) AS matches2, ifNull((true
AND RequestId = {p28: String}), false) AS matches3, ifNull((true
AND ResourceId = {p29: String}), false) AS matches4, ifNull((true
AND UserId = {p30: String}), false) AS matches5, ifNull((true
AND OrganizationId = {p31: String}), false) AS matches6, ifNull((true
AND ConversationId = {p32: String}), false) AS matches7, ifNull((true
AND ServiceName = {p33: String}), false) AS matches8, ifNull((true
AND Environment = {p34: String}), false) AS matches9, ifNull((true
AND hasAll(Tags, {p35: Array(String)})), false) AS matches10, ifNull((true
AND (true
AND Metadata[{p36: String}] = {p37: String}
AND Metadata[{p38: String}] = {p39: String})), false) AS matches11, ifNull((true
AND false), false) AS matches12, ifNull((true
AND false), false) AS matches13, ifNull((true
AND false), false) AS matches14, ifNull((true
AND false), false) AS matches15
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN {p40: Array(String)}
AND Timestamp >= fromUnixTimestamp64Nano({p41: Int64}, 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano({p42: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN {p43: Array(String)}
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001
  p2 = thread
  p3 = run
  p4 = request
  p5 = resource
  p6 = user
  p7 = organization
  p8 = conversation
  p9 = service
  p10 = production
  p11 = ['vip']
  p12 = plan
  p13 = "pro"
  p14 = seats
  p15 = {"free":[1,null],"used":3}
  p16 = chat gpt
  p17 = model_generation
  p18 = error
  p19 = gpt
  p20 = gpt
  p21 = ['session-1']
  p22 = 1700000000000000000
  p23 = 1700000000021000000
  p24 = ['session-1']
  p25 = 00000000000000000000000000000001
  p26 = thread
  p27 = run
  p28 = request
  p29 = resource
  p30 = user
  p31 = organization
  p32 = conversation
  p33 = service
  p34 = production
  p35 = ['vip']
  p36 = plan
  p37 = "pro"
  p38 = seats
  p39 = {"free":[1,null],"used":3}
  p40 = ['session-1']
  p41 = 1700000000000000000
  p42 = 1700000000021000000
  p43 = ['session-1']


-- listSessions without an error, the longest first

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

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,greatest(least(sum(sum_costUsd), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsd, groupUniqArrayArray(ids) AS users
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_outputTokens,sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_costUsd, groupUniqArray(UserId) AS ids
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN {p1: Array(String)}
AND StartTime >= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND StartTime <= fromUnixTimestamp64Nano({p3: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN {p4: Array(String)}
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0, groupUniqArray(UserId)
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN {p5: Array(String)}
AND Timestamp >= fromUnixTimestamp64Nano({p6: Int64}, 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano({p7: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN {p8: Array(String)}
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow
  p1 = ['session-1','session-2']
  p2 = 1700000000000000000
  p3 = 1700000000040000000
  p4 = ['session-1','session-2']
  p5 = ['session-1','session-2']
  p6 = 1700000000000000000
  p7 = 1700000000040000000
  p8 = ['session-1','session-2']


-- listSessions, the oldest first, the next page

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(first)) AS position, toUnixTimestamp64Nano(max(last) OVER ()) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE (true
AND toInt128(toUnixTimestamp64Nano(last)) >= {p1: Int128}) )
WHERE true
ORDER BY position asc, id asc
LIMIT 2 FORMAT JSONEachRow
  p1 = 1700000000021000000

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,greatest(least(sum(sum_costUsd), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsd, groupUniqArrayArray(ids) AS users
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_outputTokens,sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_costUsd, groupUniqArray(UserId) AS ids
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN {p1: Array(String)}
AND StartTime >= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND StartTime <= fromUnixTimestamp64Nano({p3: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN {p4: Array(String)}
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0, groupUniqArray(UserId)
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN {p5: Array(String)}
AND Timestamp >= fromUnixTimestamp64Nano({p6: Int64}, 'UTC')
AND Timestamp <= fromUnixTimestamp64Nano({p7: Int64}, 'UTC')))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN {p8: Array(String)}
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow
  p1 = ['session-1','session-2']
  p2 = 1700000000000000000
  p3 = 1700000000040000000
  p4 = ['session-1','session-2']
  p5 = ['session-1','session-2']
  p6 = 1700000000000000000
  p7 = 1700000000040000000
  p8 = ['session-1','session-2']

SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to
FROM (
SELECT id, first, last, toInt128(toUnixTimestamp64Nano(first)) AS position, toUnixTimestamp64Nano(max(last) OVER ()) AS newest
FROM (
SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last
FROM "default"."asked_mastra_ai_sessions"
WHERE true
GROUP BY SessionId )
WHERE (true
AND toInt128(toUnixTimestamp64Nano(last)) >= {p1: Int128}) )
WHERE (position, id) > ({p2: Int128}, {p3: String})
ORDER BY position asc, id asc
LIMIT 4 FORMAT JSONEachRow
  p1 = 1700000000021000000
  p2 = 1700000000030000000
  p3 = session-2


-- sessionTimeline

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = {p1: String}
AND (IsEntry
OR (TraceId, ParentSpanId) NOT IN (
SELECT TraceId, SpanId
FROM (
SELECT TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = {p2: String})
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = {p3: String})))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 51 FORMAT JSONEachRow
  p1 = session-1
  p2 = session-1
  p3 = session-1

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId = {p1: String})
ORDER BY Timestamp asc, LogId asc
LIMIT 51 FORMAT JSONEachRow
  p1 = session-1

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, toString(toUnixTimestamp64Nano(Time)) AS position
FROM "default"."asked_mastra_ai_scores"
WHERE (true
AND SessionId = {p1: String})
ORDER BY Time asc, ScoreId asc
LIMIT 51 FORMAT JSONEachRow
  p1 = session-1

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND SessionId = {p1: String}), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p2: Array(Int64)}), 'UTC'))
AND LogId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = session-1
  p2 = [1700000000002000000,1700000000020000000]
  p3 = ['018bcfe5-6800-7000-8000-000000000001','018bcfe5-6800-7000-8000-000000000002']

SELECT Record AS record, ifNull((true
AND SessionId = {p1: String}
AND IsEntry), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p2: Array(Int64)}), 'UTC'))
AND TraceId IN {p3: Array(String)}
AND SpanId IN {p4: Array(String)}) FORMAT JSONEachRow
  p1 = session-1
  p2 = [1700000000000000000,1700000000020000000]
  p3 = ['00000000000000000000000000000001','00000000000000000000000000000002']
  p4 = ['0000000000000011','0000000000000021']


-- sessionTimeline, the next page

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, toString(toUnixTimestamp64Nano(StartTime)) AS position
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId = {p1: String}
AND (IsEntry
OR (TraceId, ParentSpanId) NOT IN (
SELECT TraceId, SpanId
FROM (
SELECT TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = {p2: String})
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = {p3: String}))
AND StartTime >= fromUnixTimestamp64Nano({p4: Int64}, 'UTC')
AND (StartTime > fromUnixTimestamp64Nano({p5: Int64}, 'UTC')
OR (StartTime = fromUnixTimestamp64Nano({p6: Int64}, 'UTC')
AND (TraceId > {p7: String}
OR (TraceId = {p8: String}
AND (SpanId > {p9: String}
OR (SpanId = {p10: String}
AND false)))))))
ORDER BY StartTime asc, TraceId asc, SpanId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = session-1
  p2 = session-1
  p3 = session-1
  p4 = 1700000000000000000
  p5 = 1700000000000000000
  p6 = 1700000000000000000
  p7 = 00000000000000000000000000000001
  p8 = 00000000000000000000000000000001
  p9 = 0000000000000011
  p10 = 0000000000000011

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, toString(toUnixTimestamp64Nano(Timestamp)) AS position
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId = {p1: String}
AND Timestamp >= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND (Timestamp > fromUnixTimestamp64Nano({p3: Int64}, 'UTC')
OR (Timestamp = fromUnixTimestamp64Nano({p4: Int64}, 'UTC')
AND (LogId > {p5: String}
OR (LogId = {p6: String}
AND false)))))
ORDER BY Timestamp asc, LogId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = session-1
  p2 = 1700000000000000000
  p3 = 1700000000000000000
  p4 = 1700000000000000000
  p5 =
  p6 =

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, toString(toUnixTimestamp64Nano(Time)) AS position
FROM "default"."asked_mastra_ai_scores"
WHERE (true
AND SessionId = {p1: String}
AND Time >= fromUnixTimestamp64Nano({p2: Int64}, 'UTC')
AND (Time > fromUnixTimestamp64Nano({p3: Int64}, 'UTC')
OR (Time = fromUnixTimestamp64Nano({p4: Int64}, 'UTC')
AND (ScoreId > {p5: String}
OR (ScoreId = {p6: String}
AND false)))))
ORDER BY Time asc, ScoreId asc
LIMIT 2 FORMAT JSONEachRow
  p1 = session-1
  p2 = 1700000000000000000
  p3 = 1700000000000000000
  p4 = 1700000000000000000
  p5 =
  p6 =

SELECT Record AS record, Message AS message, toString(Version) AS version, ifNull((true
AND SessionId = {p1: String}), false) AS matches
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND Timestamp IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p2: Array(Int64)}), 'UTC'))
AND LogId IN {p3: Array(String)}) FORMAT JSONEachRow
  p1 = session-1
  p2 = [1700000000002000000,1700000000020000000]
  p3 = ['018bcfe5-6800-7000-8000-000000000001','018bcfe5-6800-7000-8000-000000000002']

SELECT Record AS record, ifNull((true
AND SessionId = {p1: String}
AND IsEntry), false) AS matches
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin({p2: Array(Int64)}), 'UTC'))
AND TraceId IN {p3: Array(String)}
AND SpanId IN {p4: Array(String)}) FORMAT JSONEachRow
  p1 = session-1
  p2 = [1700000000020000000]
  p3 = ['00000000000000000000000000000002']
  p4 = ['0000000000000021']


-- getTrace

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = {p1: String}
ORDER BY StartTime, SpanId, Version DESC
LIMIT 1 BY SpanId
LIMIT 10001 FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001


-- getSpan

SELECT Record AS record
FROM "default"."asked_mastra_ai_spans"
WHERE TraceId = {p1: String}
AND SpanId = {p2: String}
ORDER BY Version DESC
LIMIT 1 FORMAT JSONEachRow
  p1 = 00000000000000000000000000000001
  p2 = 0000000000000012


-- getSession

SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces, sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors, sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, sum(sum_inputTokens) AS inputTokens,sum(sum_outputTokens) AS outputTokens,greatest(least(sum(sum_costUsd), 1.7976931348623157e+308), -1.7976931348623157e+308) AS costUsd, groupUniqArrayArray(ids) AS users
FROM (
SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first, toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, groupArray(sipHash128(TraceId, SpanId)) AS spanIds,groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents,groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed) AS failures,groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), Status = 'error'
AND NOT Replayed
AND ParentSpanId != SpanId) AS causes, count() - arrayCount((number, i) -> i > length(spanIds)
AND number <= length(spanIds), arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents))) AS countOfTurns, length(failures) AS countOfErrors, length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs, sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_inputTokens,sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_outputTokens,sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation'
AND NOT Replayed) AS sum_costUsd, groupUniqArray(UserId) AS ids
FROM (
SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, Status, ErrorType, IsEntry, Replayed, InputTokens,OutputTokens,CostUsd
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime IN (SELECT StartTime
FROM "default"."asked_mastra_ai_spans"
WHERE (true
AND SessionId IN {p1: Array(String)}))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId IN {p2: Array(String)}
GROUP BY SessionId
UNION ALL
SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [], 0, 0, 0, count(), 0,0,0, groupUniqArray(UserId)
FROM (
SELECT SessionId, Timestamp, UserId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp IN (SELECT Timestamp
FROM "default"."asked_mastra_ai_logs"
WHERE (true
AND SessionId IN {p3: Array(String)}))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId IN {p4: Array(String)}
GROUP BY SessionId )
GROUP BY SessionId FORMAT JSONEachRow
  p1 = ['session-1']
  p2 = ['session-1']
  p3 = ['session-1']
  p4 = ['session-1']


-- deleteSession

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, TraceId AS traceId
FROM (
SELECT StartTime, TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (SELECT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE SessionId = {p1: String})
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE SessionId = {p2: String} FORMAT JSONEachRow
  p1 = session-1
  p2 = session-1

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, TraceId AS traceId
FROM (
SELECT Timestamp, LogId, TraceId, SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (SELECT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE SessionId = {p1: String})
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE SessionId = {p2: String} FORMAT JSONEachRow
  p1 = session-1
  p2 = session-1

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, TraceId AS traceId
FROM (
SELECT Time, ScoreId, TraceId, SessionId
FROM "default"."asked_mastra_ai_scores"
WHERE (ScoreId) IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE SessionId = {p1: String})
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE SessionId = {p2: String} FORMAT JSONEachRow
  p1 = session-1
  p2 = session-1

SELECT toUnixTimestamp64Nano(Time) AS time, [ScoreId] AS ids, TraceId AS traceId
FROM (
SELECT Time, ScoreId, TraceId, SessionId
FROM "default"."asked_mastra_ai_scores"
WHERE (ScoreId) IN (SELECT ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE (SessionId = {p1: String}
OR (SessionId = ''
AND TraceId IN {p2: Array(String)})))
ORDER BY Version DESC
LIMIT 1 BY ScoreId )
WHERE (SessionId = {p3: String}
OR (SessionId = ''
AND TraceId IN {p4: Array(String)})) FORMAT JSONEachRow
  p1 = session-1
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000002']
  p3 = session-1
  p4 = ['00000000000000000000000000000001','00000000000000000000000000000002']

SELECT toUnixTimestamp64Nano(Time) AS time, [MetricId] AS ids, TraceId AS traceId
FROM (
SELECT Time, MetricId, TraceId
FROM "default"."asked_mastra_ai_metrics"
WHERE (Time, MetricId) IN (SELECT Time, MetricId
FROM "default"."asked_mastra_ai_metrics"
WHERE TraceId IN {p1: Array(String)})
ORDER BY Version DESC
LIMIT 1 BY MetricId )
WHERE TraceId IN {p2: Array(String)} FORMAT JSONEachRow
  p1 = ['00000000000000000000000000000001','00000000000000000000000000000002']
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000002']

SELECT toUnixTimestamp64Nano(Timestamp) AS time, [LogId] AS ids, TraceId AS traceId
FROM (
SELECT Timestamp, LogId, TraceId, SessionId
FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (SELECT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE (SessionId = {p1: String}
OR (SessionId = ''
AND TraceId IN {p2: Array(String)})))
ORDER BY Version DESC
LIMIT 1 BY LogId )
WHERE (SessionId = {p3: String}
OR (SessionId = ''
AND TraceId IN {p4: Array(String)})) FORMAT JSONEachRow
  p1 = session-1
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000002']
  p3 = session-1
  p4 = ['00000000000000000000000000000001','00000000000000000000000000000002']

DELETE FROM "default"."asked_mastra_ai_logs"
WHERE (Timestamp, LogId) IN (
SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2
FROM (SELECT arrayJoin(arrayZip({p1: Array(Int64)}, {p2: Array(String)})) AS place))
  p1 = [1700000000002000000,1700000000020000000]
  p2 = ['018bcfe5-6800-7000-8000-000000000001','018bcfe5-6800-7000-8000-000000000002']

SELECT toUnixTimestamp64Nano(StartTime) AS time, [TraceId, SpanId] AS ids, TraceId AS traceId
FROM (
SELECT StartTime, TraceId, SpanId, SessionId
FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (SELECT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE (SessionId = {p1: String}
OR (SessionId = ''
AND TraceId IN {p2: Array(String)})))
ORDER BY Version DESC
LIMIT 1 BY TraceId, SpanId )
WHERE (SessionId = {p3: String}
OR (SessionId = ''
AND TraceId IN {p4: Array(String)})) FORMAT JSONEachRow
  p1 = session-1
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000002']
  p3 = session-1
  p4 = ['00000000000000000000000000000001','00000000000000000000000000000002']

DELETE FROM "default"."asked_mastra_ai_spans"
WHERE (StartTime, TraceId, SpanId) IN (
SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2, place.3
FROM (SELECT arrayJoin(arrayZip({p1: Array(Int64)}, {p2: Array(String)}, {p3: Array(String)})) AS place))
  p1 = [1700000000000000000,1700000000001000000,1700000000020000000]
  p2 = ['00000000000000000000000000000001','00000000000000000000000000000001','00000000000000000000000000000002']
  p3 = ['0000000000000011','0000000000000012','0000000000000021']

DELETE FROM "default"."asked_mastra_ai_sessions"
WHERE SessionId = {p1: String}
  p1 = session-1


-- deleteBefore

SELECT count() AS count
FROM (
SELECT DISTINCT Time, ScoreId
FROM "default"."asked_mastra_ai_scores"
WHERE Time < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')) FORMAT JSONEachRow
  p1 = 1700000000045000000

SELECT count() AS count
FROM (
SELECT DISTINCT Time, MetricId
FROM "default"."asked_mastra_ai_metrics"
WHERE Time < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')) FORMAT JSONEachRow
  p1 = 1700000000045000000

SELECT count() AS count
FROM (
SELECT DISTINCT Timestamp, LogId
FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')) FORMAT JSONEachRow
  p1 = 1700000000045000000

DELETE FROM "default"."asked_mastra_ai_logs"
WHERE Timestamp < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
  p1 = 1700000000045000000

SELECT count() AS count
FROM (
SELECT DISTINCT StartTime, TraceId, SpanId
FROM "default"."asked_mastra_ai_spans"
WHERE StartTime < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')) FORMAT JSONEachRow
  p1 = 1700000000045000000

DELETE FROM "default"."asked_mastra_ai_spans"
WHERE StartTime < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
  p1 = 1700000000045000000

DELETE FROM "default"."asked_mastra_ai_sessions"
WHERE (FirstActivity < fromUnixTimestamp64Nano({p1: Int64}, 'UTC')
AND SessionId NOT IN (SELECT SessionId
FROM "default"."asked_mastra_ai_spans")
AND SessionId NOT IN (SELECT SessionId
FROM "default"."asked_mastra_ai_logs"))
  p1 = 1700000000045000000
