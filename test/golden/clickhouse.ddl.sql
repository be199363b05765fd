-- plain_mastra_ai_logs

CREATE TABLE default.plain_mastra_ai_logs (
  `LogId` String CODEC(ZSTD(1)),
  `Timestamp` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Level` LowCardinality(String),
  `Message` String CODEC(ZSTD(1)),
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Words` Nullable(String) CODEC(ZSTD(1)),
  `Record` String CODEC(ZSTD(1)),
  `Data` String ALIAS JSONExtractRaw(Record, 'data'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `LogSpans` String ALIAS JSONExtractRaw(Record, 'logSpans'),
  `Cause` Nullable(String) ALIAS JSONExtract(Record, 'cause', 'Nullable(String)'),
  `Dropped` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_words lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Timestamp), 604800)
ORDER BY (Timestamp, LogId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- plain_mastra_ai_messages

CREATE TABLE default.plain_mastra_ai_messages (
  `Owner` String CODEC(ZSTD(1)),
  `Hash` String CODEC(ZSTD(1)),
  `IsList` Bool,
  `KeptUntil` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Body` String CODEC(ZSTD(3)),
  `Words` Nullable(String) CODEC(ZSTD(1)),
  INDEX idx_words lower(concat(Body, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(KeptUntil)
ORDER BY (Owner, Hash)
SETTINGS index_granularity = 512


-- plain_mastra_ai_metrics

CREATE TABLE default.plain_mastra_ai_metrics (
  `MetricId` String CODEC(ZSTD(1)),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `Unit` LowCardinality(Nullable(String)),
  `StartTime` Nullable(DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `Time` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Value` Float64,
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Version` UInt64,
  `Record` String CODEC(ZSTD(1)),
  `Description` Nullable(String) ALIAS JSONExtract(Record, 'description', 'Nullable(String)'),
  `Histogram` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'histogram'), ''),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `Resource` String ALIAS JSONExtractRaw(Record, 'resource'),
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, MetricId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- plain_mastra_ai_schema

CREATE TABLE default.plain_mastra_ai_schema (
  `Major` UInt16,
  `Minor` UInt16,
  `Since` DateTime
)
ENGINE = ReplacingMergeTree
ORDER BY (Major, Minor)
SETTINGS index_granularity = 8192


-- plain_mastra_ai_scores

CREATE TABLE default.plain_mastra_ai_scores (
  `ScoreId` String CODEC(ZSTD(1)),
  `Time` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Name` LowCardinality(String),
  `Value` Nullable(Float64),
  `Label` LowCardinality(Nullable(String)),
  `DataType` LowCardinality(String),
  `Source` LowCardinality(String),
  `AuthorId` Nullable(String) CODEC(ZSTD(1)),
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Record` String CODEC(ZSTD(1)),
  `Comment` Nullable(String) ALIAS JSONExtract(Record, 'comment', 'Nullable(String)'),
  `Correction` Nullable(String) ALIAS JSONExtract(Record, 'correction', 'Nullable(String)'),
  `Scorer` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'scorer'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_score_id_coarse ScoreId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_score_id ScoreId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, ScoreId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- plain_mastra_ai_sessions

CREATE TABLE default.plain_mastra_ai_sessions (
  `SessionId` String CODEC(ZSTD(1)),
  `FirstActivity` SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `LastActivity` SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (SessionId)
SETTINGS index_granularity = 8192


-- plain_mastra_ai_sessions_of_logs

CREATE MATERIALIZED VIEW default.plain_mastra_ai_sessions_of_logs
TO default.plain_mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(Timestamp) AS FirstActivity, max(Timestamp) AS LastActivity FROM default.plain_mastra_ai_logs WHERE SessionId != '' GROUP BY SessionId


-- plain_mastra_ai_sessions_of_spans

CREATE MATERIALIZED VIEW default.plain_mastra_ai_sessions_of_spans
TO default.plain_mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(StartTime) AS FirstActivity, max(greatest(StartTime, ifNull(EndTime, StartTime))) AS LastActivity FROM default.plain_mastra_ai_spans WHERE SessionId != '' GROUP BY SessionId


-- plain_mastra_ai_spans

CREATE TABLE default.plain_mastra_ai_spans (
  `TraceId` String CODEC(ZSTD(1)),
  `SpanId` String CODEC(ZSTD(1)),
  `ParentSpanId` String CODEC(ZSTD(1)),
  `ParentIsRemote` Nullable(Bool),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `SpanType` LowCardinality(String),
  `Status` LowCardinality(String),
  `ErrorType` LowCardinality(Nullable(String)),
  `StartTime` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `EndTime` Nullable(DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Model` LowCardinality(Nullable(String)),
  `RequestModel` LowCardinality(Nullable(String)),
  `Provider` LowCardinality(Nullable(String)),
  `InputTokens` Nullable(Int64),
  `OutputTokens` Nullable(Int64),
  `CachedInputTokens` Nullable(Int64),
  `CacheWriteTokens` Nullable(Int64),
  `ReasoningTokens` Nullable(Int64),
  `CostUsd` Nullable(Float64),
  `CostSource` LowCardinality(Nullable(String)),
  `TimeToFirstToken` Nullable(Int64),
  `ToolName` LowCardinality(Nullable(String)),
  `AgentName` LowCardinality(Nullable(String)),
  `IsEntry` Bool DEFAULT ifNull((ParentSpanId = '') OR (ParentIsRemote = true), false),
  `Replayed` Bool,
  `InputSize` Nullable(Int64),
  `OutputSize` Nullable(Int64),
  `AttributesSize` Nullable(Int64),
  `Words` Nullable(String) CODEC(ZSTD(1)),
  `Record` String CODEC(ZSTD(1)),
  `TraceState` Nullable(String) ALIAS JSONExtract(Record, 'traceState', 'Nullable(String)'),
  `StatusMessage` Nullable(String) ALIAS JSONExtract(Record, 'statusMessage', 'Nullable(String)'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `Events` String ALIAS JSONExtractRaw(Record, 'events'),
  `Links` String ALIAS JSONExtractRaw(Record, 'links'),
  `Resource` String ALIAS JSONExtractRaw(Record, 'resource'),
  `Dropped` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''),
  `Messages` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'messages'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_words lower(concat(Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(StartTime), 604800)
ORDER BY (StartTime, TraceId, SpanId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- plain_mastra_ai_spans_whole

CREATE VIEW default.plain_mastra_ai_spans_whole (
  `TraceId` String,
  `SpanId` String,
  `ParentSpanId` String,
  `ParentIsRemote` Nullable(Bool),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `SpanType` LowCardinality(String),
  `Status` LowCardinality(String),
  `ErrorType` LowCardinality(Nullable(String)),
  `StartTime` DateTime64(9, 'UTC'),
  `EndTime` Nullable(DateTime64(9, 'UTC')),
  `SessionId` String,
  `ThreadId` Nullable(String),
  `RunId` Nullable(String),
  `RequestId` Nullable(String),
  `ResourceId` Nullable(String),
  `UserId` Nullable(String),
  `OrganizationId` Nullable(String),
  `ConversationId` Nullable(String),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String),
  `Metadata` Map(String, String),
  `Version` UInt64,
  `Model` LowCardinality(Nullable(String)),
  `RequestModel` LowCardinality(Nullable(String)),
  `Provider` LowCardinality(Nullable(String)),
  `InputTokens` Nullable(Int64),
  `OutputTokens` Nullable(Int64),
  `CachedInputTokens` Nullable(Int64),
  `CacheWriteTokens` Nullable(Int64),
  `ReasoningTokens` Nullable(Int64),
  `CostUsd` Nullable(Float64),
  `CostSource` LowCardinality(Nullable(String)),
  `TimeToFirstToken` Nullable(Int64),
  `ToolName` LowCardinality(Nullable(String)),
  `AgentName` LowCardinality(Nullable(String)),
  `IsEntry` Bool,
  `Replayed` Bool,
  `InputSize` Nullable(Int64),
  `OutputSize` Nullable(Int64),
  `AttributesSize` Nullable(Int64),
  `Words` Nullable(String),
  `TraceState` Nullable(String),
  `StatusMessage` Nullable(String),
  `Events` String,
  `Links` String,
  `Resource` String,
  `Dropped` Nullable(String),
  `Messages` Nullable(String),
  `Attributes` String
) AS WITH message AS (SELECT Owner, Hash, IsList, Body FROM default.plain_mastra_ai_messages LIMIT 1 BY Owner, Hash), text AS (SELECT Owner, Hash, [CAST(Body, 'Nullable(String)')] AS Bodies FROM message WHERE NOT IsList UNION ALL SELECT Owner, Hash, arrayMap(item -> (item.2), arraySort(item -> (item.1), groupArray((Place, ItemBody)))) AS Bodies FROM (SELECT list.Owner AS Owner, list.Hash AS Hash, list.Place AS Place, if(item.Hash = '', NULL, item.Body) AS ItemBody FROM (SELECT Owner, Hash, arrayJoin(range(intDiv(length(Body), 22))) AS Place, substring(Body, 1 + (22 * Place), 22) AS Item FROM message WHERE IsList) AS list LEFT JOIN message AS item ON (item.Owner = list.Owner) AND (item.Hash = list.Item)) GROUP BY Owner, Hash), part AS (SELECT TraceId, SpanId, Version, if(SessionId = '', concat('t:', TraceId), concat('s:', SessionId)) AS Owner, arrayJoin(JSONExtractKeysAndValuesRaw(assumeNotNull(Messages))) AS Entry, JSONExtract(Entry.2, 'Array(String)') AS Made, arrayJoin(range(intDiv(length(Made[2]), 23))) AS Place FROM default.plain_mastra_ai_spans WHERE Messages IS NOT NULL), made AS (SELECT TraceId, SpanId, Version, Key, Kind, Rest, arrayFlatten(arrayMap(one -> (one.2), arraySort(one -> (one.1), groupArray((Place, Bodies))))) AS Bodies FROM (SELECT part.TraceId AS TraceId, part.SpanId AS SpanId, part.Version AS Version, part.Entry.1 AS Key, part.Made[1] AS Kind, part.Made[3] AS Rest, part.Place AS Place, if(text.Hash = '', [CAST(NULL, 'Nullable(String)')], text.Bodies) AS Bodies FROM part LEFT JOIN text ON (text.Owner = part.Owner) AND (text.Hash = substring(part.Made[2], 2 + (23 * part.Place), 22))) GROUP BY TraceId, SpanId, Version, Key, Kind, Rest), whole AS (SELECT TraceId, SpanId, Version, groupArray((Key, if(Kind = 'text', toJSONString(concat(arrayStringConcat(arrayMap(body -> ifNull(body, '[Missing]'), Bodies)), Rest)), concat('[', arrayStringConcat(arrayConcat(arrayMap(body -> ifNull(body, '"[Missing]"'), Bodies), if(Rest = '', [], [Rest])), ','), ']')))) AS Entries FROM made GROUP BY TraceId, SpanId, Version) SELECT span.* EXCEPT Record, span.TraceState, span.StatusMessage, span.Events, span.Links, span.Resource, span.Dropped, span.Messages, if(empty(whole.Entries), span.Attributes, concat('{', arrayStringConcat(arrayMap(entry -> concat(toJSONString(entry.1), ':', if(indexOf(whole.Entries.1, entry.1) = 0, entry.2, (whole.Entries.2)[indexOf(whole.Entries.1, entry.1)])), JSONExtractKeysAndValuesRaw(span.Attributes)), ','), '}')) AS Attributes FROM default.plain_mastra_ai_spans AS span LEFT JOIN whole ON (whole.TraceId = span.TraceId) AND (whole.SpanId = span.SpanId) AND (whole.Version = span.Version)


-- retained_mastra_ai_logs

CREATE TABLE default.retained_mastra_ai_logs (
  `LogId` String CODEC(ZSTD(1)),
  `Timestamp` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Level` LowCardinality(String),
  `Message` String CODEC(ZSTD(1)),
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Words` Nullable(String) CODEC(ZSTD(1)),
  `Record` String CODEC(ZSTD(1)),
  `Data` String ALIAS JSONExtractRaw(Record, 'data'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `LogSpans` String ALIAS JSONExtractRaw(Record, 'logSpans'),
  `Cause` Nullable(String) ALIAS JSONExtract(Record, 'cause', 'Nullable(String)'),
  `Dropped` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_words lower(concat(Message, ' ', Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Timestamp), 604800)
ORDER BY (Timestamp, LogId)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(Timestamp), 0), 4292375295)) + toIntervalSecond(2592000)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- retained_mastra_ai_messages

CREATE TABLE default.retained_mastra_ai_messages (
  `Owner` String CODEC(ZSTD(1)),
  `Hash` String CODEC(ZSTD(1)),
  `IsList` Bool,
  `KeptUntil` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Body` String CODEC(ZSTD(3)),
  `Words` Nullable(String) CODEC(ZSTD(1)),
  INDEX idx_words lower(concat(Body, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(KeptUntil)
ORDER BY (Owner, Hash)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(KeptUntil), 0), 4291165695)) + toIntervalSecond(3801600)
SETTINGS index_granularity = 512


-- retained_mastra_ai_metrics

CREATE TABLE default.retained_mastra_ai_metrics (
  `MetricId` String CODEC(ZSTD(1)),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `Unit` LowCardinality(Nullable(String)),
  `StartTime` Nullable(DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `Time` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Value` Float64,
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Version` UInt64,
  `Record` String CODEC(ZSTD(1)),
  `Description` Nullable(String) ALIAS JSONExtract(Record, 'description', 'Nullable(String)'),
  `Histogram` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'histogram'), ''),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `Resource` String ALIAS JSONExtractRaw(Record, 'resource'),
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, MetricId)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(Time), 0), 4292375295)) + toIntervalSecond(2592000)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- retained_mastra_ai_schema

CREATE TABLE default.retained_mastra_ai_schema (
  `Major` UInt16,
  `Minor` UInt16,
  `Since` DateTime
)
ENGINE = ReplacingMergeTree
ORDER BY (Major, Minor)
SETTINGS index_granularity = 8192


-- retained_mastra_ai_scores

CREATE TABLE default.retained_mastra_ai_scores (
  `ScoreId` String CODEC(ZSTD(1)),
  `Time` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `Name` LowCardinality(String),
  `Value` Nullable(Float64),
  `Label` LowCardinality(Nullable(String)),
  `DataType` LowCardinality(String),
  `Source` LowCardinality(String),
  `AuthorId` Nullable(String) CODEC(ZSTD(1)),
  `TraceId` Nullable(String) CODEC(ZSTD(1)),
  `SpanId` Nullable(String) CODEC(ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Record` String CODEC(ZSTD(1)),
  `Comment` Nullable(String) ALIAS JSONExtract(Record, 'comment', 'Nullable(String)'),
  `Correction` Nullable(String) ALIAS JSONExtract(Record, 'correction', 'Nullable(String)'),
  `Scorer` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'scorer'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_score_id_coarse ScoreId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_score_id ScoreId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Time), 604800)
ORDER BY (Time, ScoreId)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(Time), 0), 4292375295)) + toIntervalSecond(2592000)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- retained_mastra_ai_sessions

CREATE TABLE default.retained_mastra_ai_sessions (
  `SessionId` String CODEC(ZSTD(1)),
  `FirstActivity` SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `LastActivity` SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (SessionId)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(LastActivity), 0), 4291165695)) + toIntervalSecond(3801600)
SETTINGS index_granularity = 8192


-- retained_mastra_ai_sessions_of_logs

CREATE MATERIALIZED VIEW default.retained_mastra_ai_sessions_of_logs
TO default.retained_mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(Timestamp) AS FirstActivity, max(Timestamp) AS LastActivity FROM default.retained_mastra_ai_logs WHERE SessionId != '' GROUP BY SessionId


-- retained_mastra_ai_sessions_of_spans

CREATE MATERIALIZED VIEW default.retained_mastra_ai_sessions_of_spans
TO default.retained_mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(StartTime) AS FirstActivity, max(greatest(StartTime, ifNull(EndTime, StartTime))) AS LastActivity FROM default.retained_mastra_ai_spans WHERE SessionId != '' GROUP BY SessionId


-- retained_mastra_ai_spans

CREATE TABLE default.retained_mastra_ai_spans (
  `TraceId` String CODEC(ZSTD(1)),
  `SpanId` String CODEC(ZSTD(1)),
  `ParentSpanId` String CODEC(ZSTD(1)),
  `ParentIsRemote` Nullable(Bool),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `SpanType` LowCardinality(String),
  `Status` LowCardinality(String),
  `ErrorType` LowCardinality(Nullable(String)),
  `StartTime` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `EndTime` Nullable(DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `SessionId` String CODEC(ZSTD(1)),
  `ThreadId` Nullable(String) CODEC(ZSTD(1)),
  `RunId` Nullable(String) CODEC(ZSTD(1)),
  `RequestId` Nullable(String) CODEC(ZSTD(1)),
  `ResourceId` Nullable(String) CODEC(ZSTD(1)),
  `UserId` Nullable(String) CODEC(ZSTD(1)),
  `OrganizationId` Nullable(String) CODEC(ZSTD(1)),
  `ConversationId` Nullable(String) CODEC(ZSTD(1)),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String) CODEC(ZSTD(1)),
  `Metadata` Map(String, String) CODEC(ZSTD(1)),
  `Version` UInt64,
  `Model` LowCardinality(Nullable(String)),
  `RequestModel` LowCardinality(Nullable(String)),
  `Provider` LowCardinality(Nullable(String)),
  `InputTokens` Nullable(Int64),
  `OutputTokens` Nullable(Int64),
  `CachedInputTokens` Nullable(Int64),
  `CacheWriteTokens` Nullable(Int64),
  `ReasoningTokens` Nullable(Int64),
  `CostUsd` Nullable(Float64),
  `CostSource` LowCardinality(Nullable(String)),
  `TimeToFirstToken` Nullable(Int64),
  `ToolName` LowCardinality(Nullable(String)),
  `AgentName` LowCardinality(Nullable(String)),
  `IsEntry` Bool DEFAULT ifNull((ParentSpanId = '') OR (ParentIsRemote = true), false),
  `Replayed` Bool,
  `InputSize` Nullable(Int64),
  `OutputSize` Nullable(Int64),
  `AttributesSize` Nullable(Int64),
  `Words` Nullable(String) CODEC(ZSTD(1)),
  `Record` String CODEC(ZSTD(1)),
  `TraceState` Nullable(String) ALIAS JSONExtract(Record, 'traceState', 'Nullable(String)'),
  `StatusMessage` Nullable(String) ALIAS JSONExtract(Record, 'statusMessage', 'Nullable(String)'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `Events` String ALIAS JSONExtractRaw(Record, 'events'),
  `Links` String ALIAS JSONExtractRaw(Record, 'links'),
  `Resource` String ALIAS JSONExtractRaw(Record, 'resource'),
  `Dropped` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''),
  `Messages` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'messages'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_words lower(concat(Record, ' ', ifNull(Words, 'effectobservabilityunknownwords'))) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(StartTime), 604800)
ORDER BY (StartTime, TraceId, SpanId)
TTL toDateTime(least(greatest(toUnixTimestamp64Second(StartTime), 0), 4292375295)) + toIntervalSecond(2592000)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1


-- retained_mastra_ai_spans_whole

CREATE VIEW default.retained_mastra_ai_spans_whole (
  `TraceId` String,
  `SpanId` String,
  `ParentSpanId` String,
  `ParentIsRemote` Nullable(Bool),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `SpanType` LowCardinality(String),
  `Status` LowCardinality(String),
  `ErrorType` LowCardinality(Nullable(String)),
  `StartTime` DateTime64(9, 'UTC'),
  `EndTime` Nullable(DateTime64(9, 'UTC')),
  `SessionId` String,
  `ThreadId` Nullable(String),
  `RunId` Nullable(String),
  `RequestId` Nullable(String),
  `ResourceId` Nullable(String),
  `UserId` Nullable(String),
  `OrganizationId` Nullable(String),
  `ConversationId` Nullable(String),
  `ServiceName` LowCardinality(String),
  `Environment` LowCardinality(Nullable(String)),
  `Tags` Array(String),
  `Metadata` Map(String, String),
  `Version` UInt64,
  `Model` LowCardinality(Nullable(String)),
  `RequestModel` LowCardinality(Nullable(String)),
  `Provider` LowCardinality(Nullable(String)),
  `InputTokens` Nullable(Int64),
  `OutputTokens` Nullable(Int64),
  `CachedInputTokens` Nullable(Int64),
  `CacheWriteTokens` Nullable(Int64),
  `ReasoningTokens` Nullable(Int64),
  `CostUsd` Nullable(Float64),
  `CostSource` LowCardinality(Nullable(String)),
  `TimeToFirstToken` Nullable(Int64),
  `ToolName` LowCardinality(Nullable(String)),
  `AgentName` LowCardinality(Nullable(String)),
  `IsEntry` Bool,
  `Replayed` Bool,
  `InputSize` Nullable(Int64),
  `OutputSize` Nullable(Int64),
  `AttributesSize` Nullable(Int64),
  `Words` Nullable(String),
  `TraceState` Nullable(String),
  `StatusMessage` Nullable(String),
  `Events` String,
  `Links` String,
  `Resource` String,
  `Dropped` Nullable(String),
  `Messages` Nullable(String),
  `Attributes` String
) AS WITH message AS (SELECT Owner, Hash, IsList, Body FROM default.retained_mastra_ai_messages LIMIT 1 BY Owner, Hash), text AS (SELECT Owner, Hash, [CAST(Body, 'Nullable(String)')] AS Bodies FROM message WHERE NOT IsList UNION ALL SELECT Owner, Hash, arrayMap(item -> (item.2), arraySort(item -> (item.1), groupArray((Place, ItemBody)))) AS Bodies FROM (SELECT list.Owner AS Owner, list.Hash AS Hash, list.Place AS Place, if(item.Hash = '', NULL, item.Body) AS ItemBody FROM (SELECT Owner, Hash, arrayJoin(range(intDiv(length(Body), 22))) AS Place, substring(Body, 1 + (22 * Place), 22) AS Item FROM message WHERE IsList) AS list LEFT JOIN message AS item ON (item.Owner = list.Owner) AND (item.Hash = list.Item)) GROUP BY Owner, Hash), part AS (SELECT TraceId, SpanId, Version, if(SessionId = '', concat('t:', TraceId), concat('s:', SessionId)) AS Owner, arrayJoin(JSONExtractKeysAndValuesRaw(assumeNotNull(Messages))) AS Entry, JSONExtract(Entry.2, 'Array(String)') AS Made, arrayJoin(range(intDiv(length(Made[2]), 23))) AS Place FROM default.retained_mastra_ai_spans WHERE Messages IS NOT NULL), made AS (SELECT TraceId, SpanId, Version, Key, Kind, Rest, arrayFlatten(arrayMap(one -> (one.2), arraySort(one -> (one.1), groupArray((Place, Bodies))))) AS Bodies FROM (SELECT part.TraceId AS TraceId, part.SpanId AS SpanId, part.Version AS Version, part.Entry.1 AS Key, part.Made[1] AS Kind, part.Made[3] AS Rest, part.Place AS Place, if(text.Hash = '', [CAST(NULL, 'Nullable(String)')], text.Bodies) AS Bodies FROM part LEFT JOIN text ON (text.Owner = part.Owner) AND (text.Hash = substring(part.Made[2], 2 + (23 * part.Place), 22))) GROUP BY TraceId, SpanId, Version, Key, Kind, Rest), whole AS (SELECT TraceId, SpanId, Version, groupArray((Key, if(Kind = 'text', toJSONString(concat(arrayStringConcat(arrayMap(body -> ifNull(body, '[Missing]'), Bodies)), Rest)), concat('[', arrayStringConcat(arrayConcat(arrayMap(body -> ifNull(body, '"[Missing]"'), Bodies), if(Rest = '', [], [Rest])), ','), ']')))) AS Entries FROM made GROUP BY TraceId, SpanId, Version) SELECT span.* EXCEPT Record, span.TraceState, span.StatusMessage, span.Events, span.Links, span.Resource, span.Dropped, span.Messages, if(empty(whole.Entries), span.Attributes, concat('{', arrayStringConcat(arrayMap(entry -> concat(toJSONString(entry.1), ':', if(indexOf(whole.Entries.1, entry.1) = 0, entry.2, (whole.Entries.2)[indexOf(whole.Entries.1, entry.1)])), JSONExtractKeysAndValuesRaw(span.Attributes)), ','), '}')) AS Attributes FROM default.retained_mastra_ai_spans AS span LEFT JOIN whole ON (whole.TraceId = span.TraceId) AND (whole.SpanId = span.SpanId) AND (whole.Version = span.Version)
