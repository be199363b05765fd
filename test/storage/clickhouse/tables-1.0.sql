CREATE TABLE {prefix}mastra_ai_spans (
  `TraceId` String CODEC(ZSTD(1)),
  `SpanId` String CODEC(ZSTD(1)),
  `ParentSpanId` String CODEC(ZSTD(1)),
  `ParentIsRemote` Nullable(Bool),
  `Name` LowCardinality(String),
  `Kind` LowCardinality(String),
  `SpanType` LowCardinality(String),
  `Status` LowCardinality(String),
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
  `Provider` LowCardinality(Nullable(String)),
  `InputTokens` Nullable(Int64),
  `OutputTokens` Nullable(Int64),
  `CostUsd` Nullable(Float64),
  `IsEntry` Bool DEFAULT ifNull((ParentSpanId = '') OR (ParentIsRemote = true), false),
  `Replayed` Bool,
  `Record` String DEFAULT concat(substring(toJSONString(CAST(tuple(nullIf(TraceId, ''), nullIf(SpanId, ''), nullIf(ParentSpanId, ''), ParentIsRemote, Name, Kind, SpanType, Status, toString(toUnixTimestamp64Nano(StartTime)), toString(toUnixTimestamp64Nano(EndTime)), nullIf(SessionId, ''), ThreadId, RunId, RequestId, ResourceId, UserId, OrganizationId, ConversationId, ServiceName, Environment, Tags, toString(Version), Model, Provider, toFloat64(InputTokens), toFloat64(OutputTokens), CostUsd), 'Tuple(traceId Nullable(String),spanId Nullable(String),parentSpanId Nullable(String),parentIsRemote Nullable(Bool),name LowCardinality(String),kind LowCardinality(String),spanType LowCardinality(String),status LowCardinality(String),startTime Nullable(String),endTime Nullable(String),sessionId Nullable(String),threadId Nullable(String),runId Nullable(String),requestId Nullable(String),resourceId Nullable(String),userId Nullable(String),organizationId Nullable(String),conversationId Nullable(String),serviceName LowCardinality(String),environment LowCardinality(Nullable(String)),tags Array(String),version String,model LowCardinality(Nullable(String)),provider LowCardinality(Nullable(String)),inputTokens Nullable(Float64),outputTokens Nullable(Float64),costUsd Nullable(Float64))')) AS plain, 1, length(plain) - 1), ',"attributes":{},"events":[],"links":[],"resource":{}', if(empty(Metadata), '', concat(',"metadata":{', arrayStringConcat(arrayMap((key, value) -> concat(toJSONString(key), ':', if(isValidJSON(value), value, toJSONString(value))), mapKeys(Metadata), mapValues(Metadata)), ','), '}')), '}') CODEC(ZSTD(1)),
  `TraceState` Nullable(String) ALIAS JSONExtract(Record, 'traceState', 'Nullable(String)'),
  `StatusMessage` Nullable(String) ALIAS JSONExtract(Record, 'statusMessage', 'Nullable(String)'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `Events` String ALIAS JSONExtractRaw(Record, 'events'),
  `Links` String ALIAS JSONExtractRaw(Record, 'links'),
  `Resource` String ALIAS JSONExtractRaw(Record, 'resource'),
  `Dropped` Nullable(String) ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), ''),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(StartTime), 604800)
ORDER BY (StartTime, TraceId, SpanId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;

CREATE TABLE {prefix}mastra_ai_logs (
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
  `Record` String DEFAULT concat(substring(toJSONString(CAST(tuple(nullIf(LogId, ''), toString(toUnixTimestamp64Nano(Timestamp)), Level, TraceId, SpanId, nullIf(SessionId, ''), ThreadId, RunId, RequestId, ResourceId, UserId, OrganizationId, ConversationId, ServiceName, Environment, Tags, toString(Version)), 'Tuple(logId Nullable(String),timestamp Nullable(String),level LowCardinality(String),traceId Nullable(String),spanId Nullable(String),sessionId Nullable(String),threadId Nullable(String),runId Nullable(String),requestId Nullable(String),resourceId Nullable(String),userId Nullable(String),organizationId Nullable(String),conversationId Nullable(String),serviceName LowCardinality(String),environment LowCardinality(Nullable(String)),tags Array(String),version String)')) AS plain, 1, length(plain) - 1), ',"data":[],"attributes":{},"logSpans":{}', if(empty(Metadata), '', concat(',"metadata":{', arrayStringConcat(arrayMap((key, value) -> concat(toJSONString(key), ':', if(isValidJSON(value), value, toJSONString(value))), mapKeys(Metadata), mapValues(Metadata)), ','), '}')), '}') CODEC(ZSTD(1)),
  `Data` String ALIAS JSONExtractRaw(Record, 'data'),
  `Attributes` String ALIAS JSONExtractRaw(Record, 'attributes'),
  `LogSpans` String ALIAS JSONExtractRaw(Record, 'logSpans'),
  `Cause` Nullable(String) ALIAS JSONExtract(Record, 'cause', 'Nullable(String)'),
  INDEX idx_session_id_coarse SessionId TYPE bloom_filter(0.01) GRANULARITY 64,
  INDEX idx_session_id SessionId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_trace_id_coarse TraceId TYPE bloom_filter(0.001) GRANULARITY 64,
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Version)
PARTITION BY intDiv(toUnixTimestamp64Second(Timestamp), 604800)
ORDER BY (Timestamp, LogId)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;

CREATE TABLE {prefix}mastra_ai_sessions (
  `SessionId` String CODEC(ZSTD(1)),
  `FirstActivity` SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  `LastActivity` SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (SessionId)
SETTINGS index_granularity = 8192;

CREATE TABLE {prefix}mastra_ai_schema (
  `Major` UInt16,
  `Minor` UInt16,
  `Since` DateTime
)
ENGINE = ReplacingMergeTree
ORDER BY (Major, Minor)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW {prefix}mastra_ai_sessions_of_spans
TO {prefix}mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(StartTime) AS FirstActivity, max(greatest(StartTime, ifNull(EndTime, StartTime))) AS LastActivity FROM {prefix}mastra_ai_spans WHERE SessionId != '' GROUP BY SessionId;

CREATE MATERIALIZED VIEW {prefix}mastra_ai_sessions_of_logs
TO {prefix}mastra_ai_sessions (
  `SessionId` String,
  `FirstActivity` DateTime64(9, 'UTC'),
  `LastActivity` DateTime64(9, 'UTC')
)
AS SELECT SessionId, min(Timestamp) AS FirstActivity, max(Timestamp) AS LastActivity FROM {prefix}mastra_ai_logs WHERE SessionId != '' GROUP BY SessionId;

INSERT INTO {prefix}mastra_ai_schema VALUES (1, 0, now());
