-- a fresh store is opened

SELECT table_name AS "table", column_name AS name, data_type AS type
FROM duckdb_columns()
WHERE database_name = current_database()
AND schema_name = current_schema()
AND starts_with(table_name, ?)

CREATE TABLE IF NOT EXISTS "mastra_ai_sessions" ("session_id" VARCHAR, "first_activity" BIGINT, "last_activity" BIGINT, "spans" BIGINT, "logs" BIGINT, "scores" BIGINT, "stamp" BIGINT, "shrunk" BOOLEAN, "summary" VARCHAR)

CREATE TABLE IF NOT EXISTS "mastra_ai_schema" ("major" INTEGER, "minor" INTEGER, "since" TIMESTAMP)

SELECT major, minor
FROM "mastra_ai_schema"
ORDER BY major DESC, minor DESC
LIMIT 1

CREATE TABLE IF NOT EXISTS "mastra_ai_spans" ("trace_id" VARCHAR, "span_id" VARCHAR, "parent_span_id" VARCHAR, "parent_is_remote" BOOLEAN, "trace_state" VARCHAR, "name" VARCHAR, "kind" VARCHAR, "span_type" VARCHAR, "status" VARCHAR, "status_message" VARCHAR, "error_type" VARCHAR, "start_time" BIGINT, "end_time" BIGINT, "session_id" VARCHAR, "thread_id" VARCHAR, "run_id" VARCHAR, "request_id" VARCHAR, "resource_id" VARCHAR, "user_id" VARCHAR, "organization_id" VARCHAR, "conversation_id" VARCHAR, "service_name" VARCHAR, "environment" VARCHAR, "tags" JSON, "metadata" JSON, "model" VARCHAR, "request_model" VARCHAR, "provider" VARCHAR, "input_tokens" BIGINT, "output_tokens" BIGINT, "cached_input_tokens" BIGINT, "cache_write_tokens" BIGINT, "reasoning_tokens" BIGINT, "cost_usd" DOUBLE, "cost_source" VARCHAR, "time_to_first_token" BIGINT, "tool_name" VARCHAR, "agent_name" VARCHAR, "attributes" JSON, "events" JSON, "links" JSON, "resource" JSON, "dropped" JSON, "trace_key" BIGINT, "entry_key" BIGINT, "replayed" BOOLEAN, "input_size" BIGINT, "output_size" BIGINT, "attributes_size" BIGINT, "in_sessions" BOOLEAN, "messages" JSON, "word_block" BIGINT)

CREATE TABLE IF NOT EXISTS "mastra_ai_spans_words" ("block" BIGINT, "earliest" BIGINT, "latest" BIGINT, "slice" UTINYINT, "bits" BLOB)

SELECT 1
FROM "mastra_ai_spans"
WHERE word_block IS NOT NULL
AND word_block NOT IN (SELECT block
FROM "mastra_ai_spans_words")
LIMIT 1

CREATE INDEX IF NOT EXISTS "idx_spans_session_id" ON "mastra_ai_spans" (session_id)

CREATE INDEX IF NOT EXISTS "idx_spans_entry_key" ON "mastra_ai_spans" (entry_key)

CREATE TABLE IF NOT EXISTS "mastra_ai_logs" ("log_id" VARCHAR, "timestamp" BIGINT, "level" VARCHAR, "message" VARCHAR, "data" JSON, "attributes" JSON, "log_spans" JSON, "cause" VARCHAR, "trace_id" VARCHAR, "span_id" VARCHAR, "session_id" VARCHAR, "thread_id" VARCHAR, "run_id" VARCHAR, "request_id" VARCHAR, "resource_id" VARCHAR, "user_id" VARCHAR, "organization_id" VARCHAR, "conversation_id" VARCHAR, "service_name" VARCHAR, "environment" VARCHAR, "tags" JSON, "metadata" JSON, "dropped" JSON, "in_sessions" BOOLEAN, "word_block" BIGINT)

CREATE TABLE IF NOT EXISTS "mastra_ai_logs_words" ("block" BIGINT, "earliest" BIGINT, "latest" BIGINT, "slice" UTINYINT, "bits" BLOB)

SELECT 1
FROM "mastra_ai_logs"
WHERE word_block IS NOT NULL
AND word_block NOT IN (SELECT block
FROM "mastra_ai_logs_words")
LIMIT 1

CREATE INDEX IF NOT EXISTS "idx_logs_session_id" ON "mastra_ai_logs" (session_id)

CREATE TABLE IF NOT EXISTS "mastra_ai_metrics" ("metric_id" VARCHAR, "name" VARCHAR, "kind" VARCHAR, "unit" VARCHAR, "description" VARCHAR, "start_time" BIGINT, "time" BIGINT, "value" DOUBLE, "histogram" JSON, "attributes" JSON, "trace_id" VARCHAR, "span_id" VARCHAR, "service_name" VARCHAR, "environment" VARCHAR, "resource" JSON)

CREATE TABLE IF NOT EXISTS "mastra_ai_scores" ("score_id" VARCHAR, "time" BIGINT, "name" VARCHAR, "value" DOUBLE, "label" VARCHAR, "comment" VARCHAR, "correction" VARCHAR, "data_type" VARCHAR, "source" VARCHAR, "scorer" JSON, "author_id" VARCHAR, "trace_id" VARCHAR, "span_id" VARCHAR, "session_id" VARCHAR, "thread_id" VARCHAR, "run_id" VARCHAR, "request_id" VARCHAR, "resource_id" VARCHAR, "user_id" VARCHAR, "organization_id" VARCHAR, "conversation_id" VARCHAR, "service_name" VARCHAR, "environment" VARCHAR, "tags" JSON, "metadata" JSON, "in_sessions" BOOLEAN)

CREATE INDEX IF NOT EXISTS "idx_scores_session_id" ON "mastra_ai_scores" (session_id)

CREATE TABLE IF NOT EXISTS "mastra_ai_messages" ("owner" VARCHAR, "hash" VARCHAR, "is_list" BOOLEAN, "kept_until" BIGINT, "body" VARCHAR)

CREATE INDEX IF NOT EXISTS "idx_messages_owner" ON "mastra_ai_messages" (owner)

CREATE
OR REPLACE VIEW "mastra_ai_spans_whole" AS
SELECT span.* REPLACE (CASE WHEN messages IS NULL THEN attributes ELSE (
SELECT ('{' || string_agg(to_json(key) || ':' || CASE WHEN kind IS NULL THEN value::VARCHAR WHEN kind = 'text' THEN to_json(array_to_string(bodies, '') || rest) ELSE '[' || array_to_string(CASE WHEN rest = '' THEN bodies ELSE list_append(bodies, rest) END, ',') || ']' END, ','
ORDER BY place) || '}')::JSON
FROM (SELECT key, place, value, kind, rest, (
SELECT list(CASE WHEN mark = '@' THEN (
SELECT CASE any_value(glue) WHEN '' THEN string_agg(body, ''
ORDER BY i) ELSE string_agg(body, ','
ORDER BY i) END
FROM (
SELECT glue, i, coalesce((SELECT first(message.body)
FROM "mastra_ai_messages" AS message
WHERE message.owner = owner
AND message.hash = item), gap) AS body
FROM (
SELECT part.owner, part.gap, part.glue, i, substr(part.body, 1 + 22 * i, 22) AS item
FROM (SELECT unnest(range(0, length(part.body) // 22)) AS i) ) ) ) ELSE body END
ORDER BY n)
FROM (
SELECT owner, glue, gap, n, substr(refs, 1 + 23 * n, 1) AS mark, coalesce((SELECT first(message.body)
FROM "mastra_ai_messages" AS message
WHERE message.owner = owner
AND message.hash = substr(refs, 2 + 23 * n, 22)), gap) AS body
FROM (
SELECT entry.owner, entry.refs, entry.glue, entry.gap, unnest(range(0, length(entry.refs) // 23)) AS n ) ) AS part) AS bodies
FROM (
SELECT *, made->>0 AS kind, made->>1 AS refs, made->>2 AS rest, if(made->>0 = 'text', '', ',') AS glue, if(made->>0 = 'text', '[Missing]', '"[Missing]"') AS gap
FROM (
SELECT key, place, owner, json_extract(attributes, pointer) AS value, json_extract(messages, pointer) AS made
FROM (
SELECT span.attributes, span.messages, coalesce('s:' || span.session_id, 't:' || span.trace_id) AS owner, unnest(json_keys(span.attributes)) AS key, '/' || replace(replace(unnest(json_keys(span.attributes)), '~', '~0'), '/', '~1') AS pointer, unnest(range(0, len(json_keys(span.attributes)))) AS place ) )) AS entry) ) END AS attributes)
FROM "mastra_ai_spans" AS span

INSERT INTO "mastra_ai_schema" VALUES (1, 3, now()::TIMESTAMP)


-- insertSpans and insertLogs

SELECT max(start_time)::VARCHAR AS time
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2

SELECT max(block)::VARCHAR AS last
FROM "mastra_ai_spans_words"

INSERT INTO "mastra_ai_spans_words" (block)
SELECT unnest(from_json($1, '["BIGINT"]'))

INSERT INTO "mastra_ai_spans" ("word_block","trace_id","span_id","parent_span_id","parent_is_remote","trace_state","name","kind","span_type","status","status_message","start_time","end_time","session_id","thread_id","run_id","request_id","resource_id","user_id","organization_id","conversation_id","service_name","environment","tags","metadata","model","provider","input_tokens","output_tokens","cost_usd","attributes","events","links","resource","dropped","trace_key","entry_key","replayed","input_size","output_size","attributes_size","in_sessions")
SELECT $5::BIGINT,nullif(field[1], $3),nullif(field[2], $3),nullif(field[3], $3),nullif(field[4], $3)::BOOLEAN,nullif(field[5], $3),nullif(field[6], $3),nullif(field[7], $3),nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3)::BIGINT,nullif(field[12], $3)::BIGINT,nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3),nullif(field[22], $3),nullif(field[23], $3)::JSON,nullif(field[24], $3)::JSON,nullif(field[25], $3),nullif(field[26], $3),nullif(field[27], $3)::BIGINT,nullif(field[28], $3)::BIGINT,nullif(field[29], $3)::DOUBLE,nullif(field[30], $3)::JSON,nullif(field[31], $3)::JSON,nullif(field[32], $3)::JSON,nullif(field[33], $3)::JSON,nullif(field[34], $3)::JSON,nullif(field[35], $3)::BIGINT,nullif(field[36], $3)::BIGINT,$6::BOOLEAN,$7::BIGINT,$8::BIGINT,nullif(field[37], $3)::BIGINT,$9::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT log_id AS id, session_id AS session, timestamp::VARCHAR AS first, timestamp::VARCHAR AS last
FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))

SELECT max(block)::VARCHAR AS last
FROM "mastra_ai_logs_words"

INSERT INTO "mastra_ai_logs_words" (block)
SELECT unnest(from_json($1, '["BIGINT"]'))

INSERT INTO "mastra_ai_logs" ("word_block","log_id","timestamp","level","message","data","attributes","log_spans","cause","trace_id","span_id","session_id","thread_id","run_id","request_id","resource_id","user_id","organization_id","conversation_id","service_name","environment","tags","metadata","in_sessions")
SELECT $5::BIGINT,nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3),nullif(field[4], $3),nullif(field[5], $3)::JSON,nullif(field[6], $3)::JSON,nullif(field[7], $3)::JSON,nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3),nullif(field[12], $3),nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3)::JSON,nullif(field[22], $3)::JSON,$6::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))


-- insertSpans and insertLogs of what is stored

SELECT max(start_time)::VARCHAR AS time
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2

SELECT trace_id || span_id AS id, session_id AS session, start_time::VARCHAR AS first, greatest(start_time, end_time)::VARCHAR AS last, end_time IS NOT NULL AS completed
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2
AND span_id IN (SELECT unnest(string_split($3, ',')))

INSERT INTO "mastra_ai_sessions" (session_id,first_activity,last_activity,spans,logs,scores,stamp,shrunk)
SELECT nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3)::BIGINT,nullif(field[4], $3)::BIGINT,nullif(field[5], $3)::BIGINT,nullif(field[6], $3)::BIGINT,$5::BIGINT,nullif(field[7], $3)::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

BEGIN

DELETE FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2
AND trace_id || span_id IN (SELECT unnest(string_split($3, ',')))

INSERT INTO "mastra_ai_spans" ("word_block","trace_id","span_id","parent_span_id","parent_is_remote","trace_state","name","kind","span_type","status","status_message","start_time","end_time","session_id","thread_id","run_id","request_id","resource_id","user_id","organization_id","conversation_id","service_name","environment","tags","metadata","model","provider","input_tokens","output_tokens","cost_usd","attributes","events","links","resource","dropped","trace_key","entry_key","replayed","input_size","output_size","attributes_size","in_sessions")
SELECT $5::BIGINT,nullif(field[1], $3),nullif(field[2], $3),nullif(field[3], $3),nullif(field[4], $3)::BOOLEAN,nullif(field[5], $3),nullif(field[6], $3),nullif(field[7], $3),nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3)::BIGINT,nullif(field[12], $3)::BIGINT,nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3),nullif(field[22], $3),nullif(field[23], $3)::JSON,nullif(field[24], $3)::JSON,nullif(field[25], $3),nullif(field[26], $3),nullif(field[27], $3)::BIGINT,nullif(field[28], $3)::BIGINT,nullif(field[29], $3)::DOUBLE,nullif(field[30], $3)::JSON,nullif(field[31], $3)::JSON,nullif(field[32], $3)::JSON,nullif(field[33], $3)::JSON,nullif(field[34], $3)::JSON,nullif(field[35], $3)::BIGINT,nullif(field[36], $3)::BIGINT,$6::BOOLEAN,$7::BIGINT,$8::BIGINT,nullif(field[37], $3)::BIGINT,$9::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

INSERT INTO "mastra_ai_sessions" (session_id,first_activity,last_activity,spans,logs,scores,stamp,shrunk)
SELECT nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3)::BIGINT,nullif(field[4], $3)::BIGINT,nullif(field[5], $3)::BIGINT,nullif(field[6], $3)::BIGINT,$5::BIGINT,nullif(field[7], $3)::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT 1

COMMIT

SELECT log_id AS id, session_id AS session, timestamp::VARCHAR AS first, timestamp::VARCHAR AS last
FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))

BEGIN

DELETE FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))

INSERT INTO "mastra_ai_logs" ("word_block","log_id","timestamp","level","message","data","attributes","log_spans","cause","trace_id","span_id","session_id","thread_id","run_id","request_id","resource_id","user_id","organization_id","conversation_id","service_name","environment","tags","metadata","in_sessions")
SELECT $5::BIGINT,nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3),nullif(field[4], $3),nullif(field[5], $3)::JSON,nullif(field[6], $3)::JSON,nullif(field[7], $3)::JSON,nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3),nullif(field[12], $3),nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3)::JSON,nullif(field[22], $3)::JSON,$6::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

INSERT INTO "mastra_ai_sessions" (session_id,first_activity,last_activity,spans,logs,scores,stamp,shrunk)
SELECT nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3)::BIGINT,nullif(field[4], $3)::BIGINT,nullif(field[5], $3)::BIGINT,nullif(field[6], $3)::BIGINT,$5::BIGINT,nullif(field[7], $3)::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT 1

COMMIT


-- listTraces

SELECT DISTINCT trace_id AS id
FROM "mastra_ai_spans"
WHERE trace_key IN (SELECT trace_key
FROM "mastra_ai_spans"
GROUP BY trace_key
HAVING count(entry_key) = 0)
LIMIT ?

SELECT trace_key, trace_id, span_id, (start_time)::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE ((true
AND entry_key IS NOT NULL)
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL)))
ORDER BY start_time desc, trace_id desc, span_id desc
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?,?,?))


-- listTraces of a session

SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "session_id" = ?
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?))


-- listTraces with every filter

SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE (trace_key = ?
AND trace_id = ?)
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "span_type" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "session_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "thread_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "run_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "request_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "resource_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "user_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "organization_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "conversation_id" = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE ("model" = ?
OR "request_model" = ?)
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE json_contains("tags", ?)
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$'))))
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE "status" = ?
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, (true
AND "name" = ?
AND "status" = ?
AND "service_name" = ?
AND "environment" = ?
AND "start_time" >= ?
AND "start_time" < ?
AND end_time::HUGEINT - start_time >= ?) AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?))


-- listTraces without an error, at least so long

SELECT trace_key, trace_id, span_id, (start_time)::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE ((true
AND entry_key IS NOT NULL
AND "name" = ?
AND end_time::HUGEINT - start_time >= ?
AND trace_id NOT IN (SELECT trace_id
FROM "mastra_ai_spans"
WHERE status = 'error'))
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL
AND "name" = ?
AND end_time::HUGEINT - start_time >= ?
AND trace_id NOT IN (SELECT trace_id
FROM "mastra_ai_spans"
WHERE status = 'error'))))
ORDER BY start_time desc, trace_id desc, span_id desc
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?))


-- listTraces, the longest first

SELECT trace_key, trace_id, span_id, (coalesce(end_time::HUGEINT - start_time, ?::HUGEINT))::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL)
ORDER BY coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) desc, trace_id desc, span_id desc
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?,?,?))


-- listTraces, the oldest first, the next page

SELECT trace_key, trace_id, span_id, (start_time)::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL
AND start_time >= ?
AND (start_time > ?
OR (start_time = ?
AND (trace_id > ?
OR (trace_id = ?
AND (span_id > ?
OR (span_id = ?
AND false)))))))
ORDER BY start_time asc, trace_id asc, span_id asc
LIMIT ?

SELECT json, matches
FROM (SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?))


-- listSpans

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"), page AS MATERIALIZED (
SELECT _id, start_time AS _position, trace_id, span_id
FROM rows
WHERE (true
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM rows
WHERE true))
ORDER BY _position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({"traceId": rows."trace_id",
  "spanId": rows."span_id",
  "parentSpanId": rows."parent_span_id",
  "parentIsRemote": rows."parent_is_remote",
  "traceState": rows."trace_state",
  "name": rows."name",
  "kind": rows."kind",
  "spanType": rows."span_type",
  "status": rows."status",
  "statusMessage": rows."status_message",
  "errorType": rows."error_type",
  "startTime": rows."start_time"::VARCHAR,
  "endTime": rows."end_time"::VARCHAR,
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "model": rows."model",
  "requestModel": rows."request_model",
  "provider": rows."provider",
  "inputTokens": rows."input_tokens",
  "outputTokens": rows."output_tokens",
  "cachedInputTokens": rows."cached_input_tokens",
  "cacheWriteTokens": rows."cache_write_tokens",
  "reasoningTokens": rows."reasoning_tokens",
  "costUsd": rows."cost_usd",
  "costSource": rows."cost_source",
  "timeToFirstToken": rows."time_to_first_token"::VARCHAR,
  "toolName": rows."tool_name",
  "agentName": rows."agent_name",
  "attributes": rows."attributes",
  "events": rows."events",
  "links": rows."links",
  "resource": rows."resource",
  "dropped": rows."dropped",
  "messages": rows."messages"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.trace_id desc, page.span_id desc


-- listSpans with every filter

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT _id, start_time AS _position, trace_id, span_id
FROM rows
WHERE (true
AND (trace_key = ?
AND trace_id = ?)
AND "name" = ?
AND "span_type" = ?
AND "status" = ?
AND "session_id" = ?
AND "thread_id" = ?
AND "run_id" = ?
AND "request_id" = ?
AND "resource_id" = ?
AND "user_id" = ?
AND "organization_id" = ?
AND "conversation_id" = ?
AND "service_name" = ?
AND "environment" = ?
AND ("model" = ?
OR "request_model" = ?)
AND json_contains("tags", ?)
AND (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$'))))
AND "start_time" >= ?
AND "start_time" < ?
AND end_time::HUGEINT - start_time >= ?
AND "status" = ?)
ORDER BY _position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({"traceId": rows."trace_id",
  "spanId": rows."span_id",
  "parentSpanId": rows."parent_span_id",
  "parentIsRemote": rows."parent_is_remote",
  "traceState": rows."trace_state",
  "name": rows."name",
  "kind": rows."kind",
  "spanType": rows."span_type",
  "status": rows."status",
  "statusMessage": rows."status_message",
  "errorType": rows."error_type",
  "startTime": rows."start_time"::VARCHAR,
  "endTime": rows."end_time"::VARCHAR,
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "model": rows."model",
  "requestModel": rows."request_model",
  "provider": rows."provider",
  "inputTokens": rows."input_tokens",
  "outputTokens": rows."output_tokens",
  "cachedInputTokens": rows."cached_input_tokens",
  "cacheWriteTokens": rows."cache_write_tokens",
  "reasoningTokens": rows."reasoning_tokens",
  "costUsd": rows."cost_usd",
  "costSource": rows."cost_source",
  "timeToFirstToken": rows."time_to_first_token"::VARCHAR,
  "toolName": rows."tool_name",
  "agentName": rows."agent_name",
  "attributes": rows."attributes",
  "events": rows."events",
  "links": rows."links",
  "resource": rows."resource",
  "dropped": rows."dropped",
  "messages": rows."messages"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.trace_id desc, page.span_id desc


-- listSpans, the longest first

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"), page AS MATERIALIZED (
SELECT _id, coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) AS _position, trace_id, span_id
FROM rows
WHERE true
ORDER BY _position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({"traceId": rows."trace_id",
  "spanId": rows."span_id",
  "parentSpanId": rows."parent_span_id",
  "parentIsRemote": rows."parent_is_remote",
  "traceState": rows."trace_state",
  "name": rows."name",
  "kind": rows."kind",
  "spanType": rows."span_type",
  "status": rows."status",
  "statusMessage": rows."status_message",
  "errorType": rows."error_type",
  "startTime": rows."start_time"::VARCHAR,
  "endTime": rows."end_time"::VARCHAR,
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "model": rows."model",
  "requestModel": rows."request_model",
  "provider": rows."provider",
  "inputTokens": rows."input_tokens",
  "outputTokens": rows."output_tokens",
  "cachedInputTokens": rows."cached_input_tokens",
  "cacheWriteTokens": rows."cache_write_tokens",
  "reasoningTokens": rows."reasoning_tokens",
  "costUsd": rows."cost_usd",
  "costSource": rows."cost_source",
  "timeToFirstToken": rows."time_to_first_token"::VARCHAR,
  "toolName": rows."tool_name",
  "agentName": rows."agent_name",
  "attributes": rows."attributes",
  "events": rows."events",
  "links": rows."links",
  "resource": rows."resource",
  "dropped": rows."dropped",
  "messages": rows."messages"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.trace_id desc, page.span_id desc


-- listSpans, the shortest first, the next page

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"), page AS MATERIALIZED (
SELECT _id, coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) AS _position, trace_id, span_id
FROM rows
WHERE (true
AND coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) >= ?
AND (coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) > ?
OR (coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) = ?
AND (trace_id > ?
OR (trace_id = ?
AND (span_id > ?
OR (span_id = ?
AND false)))))))
ORDER BY _position asc, trace_id asc, span_id asc
LIMIT ? )
SELECT to_json({"traceId": rows."trace_id",
  "spanId": rows."span_id",
  "parentSpanId": rows."parent_span_id",
  "parentIsRemote": rows."parent_is_remote",
  "traceState": rows."trace_state",
  "name": rows."name",
  "kind": rows."kind",
  "spanType": rows."span_type",
  "status": rows."status",
  "statusMessage": rows."status_message",
  "errorType": rows."error_type",
  "startTime": rows."start_time"::VARCHAR,
  "endTime": rows."end_time"::VARCHAR,
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "model": rows."model",
  "requestModel": rows."request_model",
  "provider": rows."provider",
  "inputTokens": rows."input_tokens",
  "outputTokens": rows."output_tokens",
  "cachedInputTokens": rows."cached_input_tokens",
  "cacheWriteTokens": rows."cache_write_tokens",
  "reasoningTokens": rows."reasoning_tokens",
  "costUsd": rows."cost_usd",
  "costSource": rows."cost_source",
  "timeToFirstToken": rows."time_to_first_token"::VARCHAR,
  "toolName": rows."tool_name",
  "agentName": rows."agent_name",
  "attributes": rows."attributes",
  "events": rows."events",
  "links": rows."links",
  "resource": rows."resource",
  "dropped": rows."dropped",
  "messages": rows."messages"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position asc, page.trace_id asc, page.span_id asc


-- listSpans of a session, the next page

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT _id, start_time AS _position, trace_id, span_id
FROM rows
WHERE ((true
AND "session_id" = ?
AND start_time <= ?
AND (start_time < ?
OR (start_time = ?
AND (trace_id < ?
OR (trace_id = ?
AND (span_id < ?
OR (span_id = ?
AND false)))))))
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM rows
WHERE (true
AND "session_id" = ?
AND start_time <= ?
AND (start_time < ?
OR (start_time = ?
AND (trace_id < ?
OR (trace_id = ?
AND (span_id < ?
OR (span_id = ?
AND false)))))))))
ORDER BY _position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({"traceId": rows."trace_id",
  "spanId": rows."span_id",
  "parentSpanId": rows."parent_span_id",
  "parentIsRemote": rows."parent_is_remote",
  "traceState": rows."trace_state",
  "name": rows."name",
  "kind": rows."kind",
  "spanType": rows."span_type",
  "status": rows."status",
  "statusMessage": rows."status_message",
  "errorType": rows."error_type",
  "startTime": rows."start_time"::VARCHAR,
  "endTime": rows."end_time"::VARCHAR,
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "model": rows."model",
  "requestModel": rows."request_model",
  "provider": rows."provider",
  "inputTokens": rows."input_tokens",
  "outputTokens": rows."output_tokens",
  "cachedInputTokens": rows."cached_input_tokens",
  "cacheWriteTokens": rows."cache_write_tokens",
  "reasoningTokens": rows."reasoning_tokens",
  "costUsd": rows."cost_usd",
  "costSource": rows."cost_source",
  "timeToFirstToken": rows."time_to_first_token"::VARCHAR,
  "toolName": rows."tool_name",
  "agentName": rows."agent_name",
  "attributes": rows."attributes",
  "events": rows."events",
  "links": rows."links",
  "resource": rows."resource",
  "dropped": rows."dropped",
  "messages": rows."messages"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.trace_id desc, page.span_id desc


-- listLogs

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"), page AS MATERIALIZED (
SELECT _id, timestamp AS _position, log_id
FROM rows
WHERE (true
AND timestamp >= (SELECT list_min(max(timestamp, ?))
FROM rows
WHERE true))
ORDER BY _position desc, log_id desc
LIMIT ? )
SELECT to_json({"logId": rows."log_id",
  "timestamp": rows."timestamp"::VARCHAR,
  "level": rows."level",
  "message": rows."message",
  "data": rows."data",
  "attributes": rows."attributes",
  "logSpans": rows."log_spans",
  "cause": rows."cause",
  "traceId": rows."trace_id",
  "spanId": rows."span_id",
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "dropped": rows."dropped"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.log_id desc


-- listLogs by minLevel and search

BEGIN

SELECT to_json(list([block::VARCHAR, earliest::VARCHAR, latest::VARCHAR]))::VARCHAR AS json
FROM ( (SELECT block, earliest, latest
FROM (
SELECT block, earliest, latest, bits::BIT AS bits
FROM "mastra_ai_logs_words"
WHERE slice = 70 )
WHERE get_bit(bits, 216) = 1
AND get_bit(bits, 393) = 1
AND get_bit(bits, 570) = 1
AND get_bit(bits, 747) = 1
AND get_bit(bits, 924) = 1
AND get_bit(bits, 1101) = 1)
UNION ALL
SELECT block, earliest, latest
FROM "mastra_ai_logs_words"
WHERE slice IS NULL)

SELECT 1
FROM "mastra_ai_logs"
WHERE word_block IS NULL
LIMIT 1

SELECT json
FROM ((
SELECT timestamp, log_id, to_json({"logId": "mastra_ai_logs"."log_id",
  "timestamp": "mastra_ai_logs"."timestamp"::VARCHAR,
  "level": "mastra_ai_logs"."level",
  "message": "mastra_ai_logs"."message",
  "data": "mastra_ai_logs"."data",
  "attributes": "mastra_ai_logs"."attributes",
  "logSpans": "mastra_ai_logs"."log_spans",
  "cause": "mastra_ai_logs"."cause",
  "traceId": "mastra_ai_logs"."trace_id",
  "spanId": "mastra_ai_logs"."span_id",
  "sessionId": "mastra_ai_logs"."session_id",
  "threadId": "mastra_ai_logs"."thread_id",
  "runId": "mastra_ai_logs"."run_id",
  "requestId": "mastra_ai_logs"."request_id",
  "resourceId": "mastra_ai_logs"."resource_id",
  "userId": "mastra_ai_logs"."user_id",
  "organizationId": "mastra_ai_logs"."organization_id",
  "conversationId": "mastra_ai_logs"."conversation_id",
  "serviceName": "mastra_ai_logs"."service_name",
  "environment": "mastra_ai_logs"."environment",
  "tags": "mastra_ai_logs"."tags",
  "metadata": "mastra_ai_logs"."metadata",
  "dropped": "mastra_ai_logs"."dropped"})::VARCHAR AS json
FROM "mastra_ai_logs"
WHERE word_block = ?
AND (true
AND timestamp BETWEEN ?
AND ?
AND "level" IN (?,?,?)
AND (true
AND (contains(lower("message"), ?)
OR contains(lower("attributes"), ?)
OR contains(lower("data"), ?)
OR ((strlen("message") <> length("message")
OR contains("message", '\u'))
AND regexp_matches("message", ?))
OR ((strlen("attributes") <> length("attributes")
OR contains("attributes", '\u'))
AND regexp_matches("attributes", ?))
OR ((strlen("data") <> length("data")
OR contains("data", '\u'))
AND regexp_matches("data", ?)))))
ORDER BY timestamp desc, log_id desc
LIMIT ?))
ORDER BY timestamp desc, log_id desc
LIMIT ?

SELECT 1

COMMIT


-- listLogs by tags and metadata

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"), page AS MATERIALIZED (
SELECT _id, timestamp AS _position, log_id
FROM rows
WHERE (true
AND json_contains("tags", ?)
AND (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$')))))
ORDER BY _position desc, log_id desc
LIMIT ? )
SELECT to_json({"logId": rows."log_id",
  "timestamp": rows."timestamp"::VARCHAR,
  "level": rows."level",
  "message": rows."message",
  "data": rows."data",
  "attributes": rows."attributes",
  "logSpans": rows."log_spans",
  "cause": rows."cause",
  "traceId": rows."trace_id",
  "spanId": rows."span_id",
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "dropped": rows."dropped"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.log_id desc


-- listLogs with every filter

BEGIN

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT _id, timestamp AS _position, log_id
FROM rows
WHERE (true
AND "level" = ?
AND trace_id = ?
AND "session_id" = ?
AND "thread_id" = ?
AND "run_id" = ?
AND "request_id" = ?
AND "resource_id" = ?
AND "user_id" = ?
AND "organization_id" = ?
AND "conversation_id" = ?
AND "service_name" = ?
AND "environment" = ?
AND json_contains("tags", ?)
AND (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$'))))
AND "timestamp" >= ?
AND "timestamp" < ?
AND "level" IN (?,?,?)
AND (true
AND (contains(lower("message"), ?)
OR contains(lower("attributes"), ?)
OR contains(lower("data"), ?)
OR ((strlen("message") <> length("message")
OR contains("message", '\u'))
AND regexp_matches("message", ?))
OR ((strlen("attributes") <> length("attributes")
OR contains("attributes", '\u'))
AND regexp_matches("attributes", ?))
OR ((strlen("data") <> length("data")
OR contains("data", '\u'))
AND regexp_matches("data", ?)))))
ORDER BY _position desc, log_id desc
LIMIT ? )
SELECT to_json({"logId": rows."log_id",
  "timestamp": rows."timestamp"::VARCHAR,
  "level": rows."level",
  "message": rows."message",
  "data": rows."data",
  "attributes": rows."attributes",
  "logSpans": rows."log_spans",
  "cause": rows."cause",
  "traceId": rows."trace_id",
  "spanId": rows."span_id",
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "dropped": rows."dropped"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position desc, page.log_id desc

SELECT 1

COMMIT


-- listLogs, the oldest first, the next page

WITH rows AS NOT MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"), page AS MATERIALIZED (
SELECT _id, timestamp AS _position, log_id
FROM rows
WHERE (true
AND timestamp >= ?
AND (timestamp > ?
OR (timestamp = ?
AND (log_id > ?
OR (log_id = ?
AND false)))))
ORDER BY _position asc, log_id asc
LIMIT ? )
SELECT to_json({"logId": rows."log_id",
  "timestamp": rows."timestamp"::VARCHAR,
  "level": rows."level",
  "message": rows."message",
  "data": rows."data",
  "attributes": rows."attributes",
  "logSpans": rows."log_spans",
  "cause": rows."cause",
  "traceId": rows."trace_id",
  "spanId": rows."span_id",
  "sessionId": rows."session_id",
  "threadId": rows."thread_id",
  "runId": rows."run_id",
  "requestId": rows."request_id",
  "resourceId": rows."resource_id",
  "userId": rows."user_id",
  "organizationId": rows."organization_id",
  "conversationId": rows."conversation_id",
  "serviceName": rows."service_name",
  "environment": rows."environment",
  "tags": rows."tags",
  "metadata": rows."metadata",
  "dropped": rows."dropped"})::VARCHAR AS json
FROM page JOIN rows ON rows._id = page._id
ORDER BY page._position asc, page.log_id asc


-- listSessions

WITH sessions AS MATERIALIZED (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
FROM "mastra_ai_sessions"
WHERE session_id IS NOT NULL
AND true
GROUP BY session_id
HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0
AND true ), page AS MATERIALIZED (
SELECT *
FROM sessions
WHERE true
ORDER BY last_activity desc, session_id desc
LIMIT ? )
SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first, page.row_id::VARCHAR AS "row", (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
FROM (SELECT ((SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("spans"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_spans")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("logs"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_logs")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("scores"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_scores")) AS is_current) AS whole LEFT JOIN page ON true
ORDER BY page.last_activity desc, page.session_id desc

BEGIN

WITH sessions AS MATERIALIZED (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
FROM "mastra_ai_sessions"
WHERE session_id IS NOT NULL
AND true
GROUP BY session_id
HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0
AND true ), page AS MATERIALIZED (
SELECT *
FROM sessions
WHERE true
ORDER BY last_activity desc, session_id desc
LIMIT ? )
SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first, page.row_id::VARCHAR AS "row", (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
FROM (SELECT ((SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("spans"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_spans")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("logs"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_logs")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("scores"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_scores")) AS is_current) AS whole LEFT JOIN page ON true
ORDER BY page.last_activity desc, page.session_id desc

WITH span_rows AS MATERIALIZED (
SELECT rowid AS row_id, session_id, trace_id, span_id, parent_span_id, entry_key, start_time, end_time, user_id, model, agent_name, span_type, cost_source, replayed, status = 'error'
AND NOT replayed AS failed, error_type, CASE WHEN status = 'error' THEN status_message END AS message, "input_tokens", "output_tokens", "cost_usd"
FROM "mastra_ai_spans"
WHERE "session_id" IN (?,?)
AND start_time >= ? ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?,?) ), linked AS (
SELECT span.*, span.entry_key IS NOT NULL
OR parent.span_id IS NULL AS is_turn, CASE WHEN span.failed
AND parent.failed
AND span.span_id <> parent.span_id
AND span.error_type IS NOT DISTINCT
FROM parent.error_type
AND (span.message IS NULL
OR span.message = parent.message) THEN span.trace_id || span.parent_span_id END AS explained
FROM span_rows AS span LEFT JOIN span_rows AS parent ON parent.session_id = span.session_id
AND parent.trace_id = span.trace_id
AND parent.span_id = span.parent_span_id ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE is_turn) AS turns, count(*) FILTER (WHERE failed) - count(DISTINCT explained) AS errors, sum("input_tokens") FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS "input_tokens", sum("output_tokens") FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS "output_tokens", sum(CASE WHEN abs("cost_usd") <= 9000000 THEN floor("cost_usd" * 1e9 + 0.5)::BIGINT ELSE 0 END) FILTER (WHERE (span_type = 'model_generation'
OR cost_source = 'custom')
AND NOT replayed) AS "cost_usd", sum(CASE WHEN abs("cost_usd") <= 9000000 THEN 0 ELSE "cost_usd" END) FILTER (WHERE (span_type = 'model_generation'
OR cost_source = 'custom')
AND NOT replayed) AS "costUsdRest", list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS user_ids, list(DISTINCT model) FILTER (WHERE model IS NOT NULL) AS models, list(DISTINCT agent_name) FILTER (WHERE agent_name IS NOT NULL) AS agent_names, arg_min(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE entry_key IS NOT NULL) AS first_entry, arg_min(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE span_type = 'agent_run') AS first_agent, arg_min(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE span_type = 'model_generation') AS first_model, arg_max(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE entry_key IS NOT NULL) AS last_entry, arg_max(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE span_type = 'agent_run') AS last_agent, arg_max(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE span_type = 'model_generation') AS last_model
FROM linked
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS user_ids
FROM log_rows
GROUP BY session_id ), of_scores AS (
SELECT session_id, list(scored) AS scores
FROM (
SELECT session_id, {name: name,
  count: count(*),
  billionths: sum(CASE WHEN abs(value) <= 9000000 THEN floor(value * 1e9 + 0.5)::BIGINT ELSE 0 END)::VARCHAR,
  rest: coalesce(sum(CASE WHEN abs(value) <= 9000000 THEN 0 ELSE value END), 0)} AS scored
FROM "mastra_ai_scores"
WHERE "session_id" IN (?,?)
AND data_type IN ('numeric', 'boolean')
AND value IS NOT NULL
GROUP BY session_id, name )
GROUP BY session_id), of_speakers AS (
SELECT session_id, list({row: spans.rowid,
  traceId: trace_id,
  spanId: span_id,
  startTime: start_time::VARCHAR,
  said: json_extract(attributes, ['/gen_ai.input.messages', '/gen_ai.prompt', '/input.value', '/ai.prompt.messages', '/ai.prompt', '/gen_ai.output.messages', '/gen_ai.completion', '/output.value', '/ai.response.text', '/ai.response.object']),
  messages: messages}) AS said
FROM (SELECT DISTINCT unnest([first_entry, first_agent, first_model, last_entry, last_agent, last_model]) AS row_id
FROM of_spans) AS speaker JOIN "mastra_ai_spans" AS spans ON spans.rowid = speaker.row_id
GROUP BY session_id)
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  turns: coalesce(turns, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  "inputTokens": coalesce("input_tokens", 0),
  "outputTokens": coalesce("output_tokens", 0),
  "costUsd": coalesce("cost_usd", 0)::VARCHAR,
  "costUsdRest": coalesce("costUsdRest", 0),
  "first_entry": first_entry,
  "first_agent": first_agent,
  "first_model": first_model,
  "last_entry": last_entry,
  "last_agent": last_agent,
  "last_model": last_model,
  users: list_concat(coalesce(of_spans.user_ids, []), coalesce(of_logs.user_ids, [])),
  models: coalesce(models, []),
  agents: coalesce(agent_names, []),
  scores: coalesce(scores, []),
  said: coalesce(said, []) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id) LEFT JOIN of_scores USING (session_id) LEFT JOIN of_speakers USING (session_id)

SELECT 1

COMMIT


-- listSessions with every filter

WITH sessions AS MATERIALIZED (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
FROM "mastra_ai_sessions"
WHERE session_id IS NOT NULL
AND (true
AND session_id = ?
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE (trace_key = ?
AND trace_id = ?)
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE trace_id = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "thread_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "thread_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "run_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "run_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "request_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "request_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "resource_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "resource_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "user_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "user_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "organization_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "organization_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "conversation_id" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "conversation_id" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "service_name" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "service_name" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE "environment" = ?
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE "environment" = ?)
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE json_contains("tags", ?)
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE json_contains("tags", ?))
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$'))))
UNION ALL
SELECT session_id
FROM "mastra_ai_logs"
WHERE (true
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND len(json_keys("metadata", ?)) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND (json_type("metadata", ?) = ?
AND json_array_length("metadata", ?) = ?
AND json_extract("metadata", ?) = json_extract(?, '$')
AND json_extract("metadata", ?) = json_extract(?, '$')))))
AND session_id IN (SELECT session_id
FROM "mastra_ai_spans"
WHERE "name" = ?)
AND session_id IN (SELECT session_id
FROM "mastra_ai_spans"
WHERE "span_type" = ?)
AND session_id IN (SELECT session_id
FROM "mastra_ai_spans"
WHERE "status" = ?)
AND session_id IN (SELECT session_id
FROM "mastra_ai_spans"
WHERE ("model" = ?
OR "request_model" = ?))
AND session_id IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE status = 'error'
AND NOT replayed
AND session_id IS NOT NULL))
GROUP BY session_id
HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0
AND (true
AND last_activity >= ?
AND first_activity < ?
AND last_activity::HUGEINT - first_activity >= ?) ), page AS MATERIALIZED (
SELECT *
FROM sessions
WHERE true
ORDER BY last_activity desc, session_id desc
LIMIT ? )
SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first, page.row_id::VARCHAR AS "row", (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
FROM (SELECT ((SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("spans"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_spans")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("logs"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_logs")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("scores"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_scores")) AS is_current) AS whole LEFT JOIN page ON true
ORDER BY page.last_activity desc, page.session_id desc


-- listSessions without an error, the longest first

WITH sessions AS MATERIALIZED (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
FROM "mastra_ai_sessions"
WHERE session_id IS NOT NULL
AND (true
AND session_id NOT IN (
SELECT session_id
FROM "mastra_ai_spans"
WHERE status = 'error'
AND NOT replayed
AND session_id IS NOT NULL))
GROUP BY session_id
HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0
AND true ), page AS MATERIALIZED (
SELECT *
FROM sessions
WHERE true
ORDER BY last_activity::HUGEINT - first_activity desc, session_id desc
LIMIT ? )
SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first, page.row_id::VARCHAR AS "row", (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
FROM (SELECT ((SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("spans"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_spans")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("logs"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_logs")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("scores"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_scores")) AS is_current) AS whole LEFT JOIN page ON true
ORDER BY page.last_activity::HUGEINT - page.first_activity desc, page.session_id desc


-- listSessions, the oldest first, the next page

WITH sessions AS MATERIALIZED (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
FROM "mastra_ai_sessions"
WHERE session_id IS NOT NULL
AND true
GROUP BY session_id
HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0
AND true ), page AS MATERIALIZED (
SELECT *
FROM sessions
WHERE (true
AND last_activity <= ?
AND last_activity >= ?
AND (last_activity > ?
OR (last_activity = ?
AND (session_id > ?
OR (session_id = ?
AND false)))))
ORDER BY last_activity asc, session_id asc
LIMIT ? )
SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first, page.row_id::VARCHAR AS "row", (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
FROM (SELECT ((SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("spans"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_spans")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("logs"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_logs")
AND (SELECT count(*) = count("in_sessions")
AND count(*) = (SELECT coalesce(sum("scores"), 0)
FROM "mastra_ai_sessions")
FROM "mastra_ai_scores")) AS is_current) AS whole LEFT JOIN page ON true
ORDER BY page.last_activity asc, page.session_id asc


-- sessionTimeline

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_scores"
WHERE session_id = ?

WITH spans_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), logs_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), scores_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_scores"
WHERE session_id = ?), items AS (SELECT _id, start_time AS time, '0' AS kind, trace_id || span_id AS key
FROM spans_rows AS span ANTI JOIN spans_rows AS parent ON span.entry_key IS NULL
AND parent.trace_id = span.trace_id
AND parent.span_id = span.parent_span_id
UNION ALL
SELECT _id, timestamp AS time, '1' AS kind, log_id AS key
FROM logs_rows
UNION ALL
SELECT _id, time AS time, '2' AS kind, score_id AS key
FROM scores_rows), page AS MATERIALIZED (
SELECT *
FROM items
WHERE true
ORDER BY time asc, kind asc, key asc
LIMIT ? )
SELECT kind, json
FROM (SELECT page.*, to_json({"traceId": spans_rows."trace_id",
  "spanId": spans_rows."span_id",
  "parentSpanId": spans_rows."parent_span_id",
  "parentIsRemote": spans_rows."parent_is_remote",
  "traceState": spans_rows."trace_state",
  "name": spans_rows."name",
  "kind": spans_rows."kind",
  "spanType": spans_rows."span_type",
  "status": spans_rows."status",
  "statusMessage": spans_rows."status_message",
  "errorType": spans_rows."error_type",
  "startTime": spans_rows."start_time"::VARCHAR,
  "endTime": spans_rows."end_time"::VARCHAR,
  "sessionId": spans_rows."session_id",
  "threadId": spans_rows."thread_id",
  "runId": spans_rows."run_id",
  "requestId": spans_rows."request_id",
  "resourceId": spans_rows."resource_id",
  "userId": spans_rows."user_id",
  "organizationId": spans_rows."organization_id",
  "conversationId": spans_rows."conversation_id",
  "serviceName": spans_rows."service_name",
  "environment": spans_rows."environment",
  "tags": spans_rows."tags",
  "metadata": spans_rows."metadata",
  "model": spans_rows."model",
  "requestModel": spans_rows."request_model",
  "provider": spans_rows."provider",
  "inputTokens": spans_rows."input_tokens",
  "outputTokens": spans_rows."output_tokens",
  "cachedInputTokens": spans_rows."cached_input_tokens",
  "cacheWriteTokens": spans_rows."cache_write_tokens",
  "reasoningTokens": spans_rows."reasoning_tokens",
  "costUsd": spans_rows."cost_usd",
  "costSource": spans_rows."cost_source",
  "timeToFirstToken": spans_rows."time_to_first_token"::VARCHAR,
  "toolName": spans_rows."tool_name",
  "agentName": spans_rows."agent_name",
  "attributes": spans_rows."attributes",
  "events": spans_rows."events",
  "links": spans_rows."links",
  "resource": spans_rows."resource",
  "dropped": spans_rows."dropped",
  "messages": spans_rows."messages"})::VARCHAR AS json
FROM page JOIN spans_rows ON spans_rows._id = page._id
WHERE page.kind = '0'
UNION ALL
SELECT page.*, to_json({"logId": logs_rows."log_id",
  "timestamp": logs_rows."timestamp"::VARCHAR,
  "level": logs_rows."level",
  "message": logs_rows."message",
  "data": logs_rows."data",
  "attributes": logs_rows."attributes",
  "logSpans": logs_rows."log_spans",
  "cause": logs_rows."cause",
  "traceId": logs_rows."trace_id",
  "spanId": logs_rows."span_id",
  "sessionId": logs_rows."session_id",
  "threadId": logs_rows."thread_id",
  "runId": logs_rows."run_id",
  "requestId": logs_rows."request_id",
  "resourceId": logs_rows."resource_id",
  "userId": logs_rows."user_id",
  "organizationId": logs_rows."organization_id",
  "conversationId": logs_rows."conversation_id",
  "serviceName": logs_rows."service_name",
  "environment": logs_rows."environment",
  "tags": logs_rows."tags",
  "metadata": logs_rows."metadata",
  "dropped": logs_rows."dropped"})::VARCHAR AS json
FROM page JOIN logs_rows ON logs_rows._id = page._id
WHERE page.kind = '1'
UNION ALL
SELECT page.*, to_json({"scoreId": scores_rows."score_id",
  "time": scores_rows."time"::VARCHAR,
  "name": scores_rows."name",
  "value": scores_rows."value",
  "label": scores_rows."label",
  "comment": scores_rows."comment",
  "correction": scores_rows."correction",
  "dataType": scores_rows."data_type",
  "source": scores_rows."source",
  "scorer": scores_rows."scorer",
  "authorId": scores_rows."author_id",
  "traceId": scores_rows."trace_id",
  "spanId": scores_rows."span_id",
  "sessionId": scores_rows."session_id",
  "threadId": scores_rows."thread_id",
  "runId": scores_rows."run_id",
  "requestId": scores_rows."request_id",
  "resourceId": scores_rows."resource_id",
  "userId": scores_rows."user_id",
  "organizationId": scores_rows."organization_id",
  "conversationId": scores_rows."conversation_id",
  "serviceName": scores_rows."service_name",
  "environment": scores_rows."environment",
  "tags": scores_rows."tags",
  "metadata": scores_rows."metadata"})::VARCHAR AS json
FROM page JOIN scores_rows ON scores_rows._id = page._id
WHERE page.kind = '2')
ORDER BY time asc, kind asc, key asc


-- sessionTimeline, the next page

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_scores"
WHERE session_id = ?

WITH spans_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), logs_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), scores_rows AS MATERIALIZED (SELECT rowid AS _id, *
FROM "mastra_ai_scores"
WHERE session_id = ?), items AS (SELECT _id, start_time AS time, '0' AS kind, trace_id || span_id AS key
FROM spans_rows AS span ANTI JOIN spans_rows AS parent ON span.entry_key IS NULL
AND parent.trace_id = span.trace_id
AND parent.span_id = span.parent_span_id
UNION ALL
SELECT _id, timestamp AS time, '1' AS kind, log_id AS key
FROM logs_rows
UNION ALL
SELECT _id, time AS time, '2' AS kind, score_id AS key
FROM scores_rows), page AS MATERIALIZED (
SELECT *
FROM items
WHERE (true
AND time >= ?
AND (time > ?
OR (time = ?
AND (kind > ?
OR (kind = ?
AND (key > ?
OR (key = ?
AND false)))))))
ORDER BY time asc, kind asc, key asc
LIMIT ? )
SELECT kind, json
FROM (SELECT page.*, to_json({"traceId": spans_rows."trace_id",
  "spanId": spans_rows."span_id",
  "parentSpanId": spans_rows."parent_span_id",
  "parentIsRemote": spans_rows."parent_is_remote",
  "traceState": spans_rows."trace_state",
  "name": spans_rows."name",
  "kind": spans_rows."kind",
  "spanType": spans_rows."span_type",
  "status": spans_rows."status",
  "statusMessage": spans_rows."status_message",
  "errorType": spans_rows."error_type",
  "startTime": spans_rows."start_time"::VARCHAR,
  "endTime": spans_rows."end_time"::VARCHAR,
  "sessionId": spans_rows."session_id",
  "threadId": spans_rows."thread_id",
  "runId": spans_rows."run_id",
  "requestId": spans_rows."request_id",
  "resourceId": spans_rows."resource_id",
  "userId": spans_rows."user_id",
  "organizationId": spans_rows."organization_id",
  "conversationId": spans_rows."conversation_id",
  "serviceName": spans_rows."service_name",
  "environment": spans_rows."environment",
  "tags": spans_rows."tags",
  "metadata": spans_rows."metadata",
  "model": spans_rows."model",
  "requestModel": spans_rows."request_model",
  "provider": spans_rows."provider",
  "inputTokens": spans_rows."input_tokens",
  "outputTokens": spans_rows."output_tokens",
  "cachedInputTokens": spans_rows."cached_input_tokens",
  "cacheWriteTokens": spans_rows."cache_write_tokens",
  "reasoningTokens": spans_rows."reasoning_tokens",
  "costUsd": spans_rows."cost_usd",
  "costSource": spans_rows."cost_source",
  "timeToFirstToken": spans_rows."time_to_first_token"::VARCHAR,
  "toolName": spans_rows."tool_name",
  "agentName": spans_rows."agent_name",
  "attributes": spans_rows."attributes",
  "events": spans_rows."events",
  "links": spans_rows."links",
  "resource": spans_rows."resource",
  "dropped": spans_rows."dropped",
  "messages": spans_rows."messages"})::VARCHAR AS json
FROM page JOIN spans_rows ON spans_rows._id = page._id
WHERE page.kind = '0'
UNION ALL
SELECT page.*, to_json({"logId": logs_rows."log_id",
  "timestamp": logs_rows."timestamp"::VARCHAR,
  "level": logs_rows."level",
  "message": logs_rows."message",
  "data": logs_rows."data",
  "attributes": logs_rows."attributes",
  "logSpans": logs_rows."log_spans",
  "cause": logs_rows."cause",
  "traceId": logs_rows."trace_id",
  "spanId": logs_rows."span_id",
  "sessionId": logs_rows."session_id",
  "threadId": logs_rows."thread_id",
  "runId": logs_rows."run_id",
  "requestId": logs_rows."request_id",
  "resourceId": logs_rows."resource_id",
  "userId": logs_rows."user_id",
  "organizationId": logs_rows."organization_id",
  "conversationId": logs_rows."conversation_id",
  "serviceName": logs_rows."service_name",
  "environment": logs_rows."environment",
  "tags": logs_rows."tags",
  "metadata": logs_rows."metadata",
  "dropped": logs_rows."dropped"})::VARCHAR AS json
FROM page JOIN logs_rows ON logs_rows._id = page._id
WHERE page.kind = '1'
UNION ALL
SELECT page.*, to_json({"scoreId": scores_rows."score_id",
  "time": scores_rows."time"::VARCHAR,
  "name": scores_rows."name",
  "value": scores_rows."value",
  "label": scores_rows."label",
  "comment": scores_rows."comment",
  "correction": scores_rows."correction",
  "dataType": scores_rows."data_type",
  "source": scores_rows."source",
  "scorer": scores_rows."scorer",
  "authorId": scores_rows."author_id",
  "traceId": scores_rows."trace_id",
  "spanId": scores_rows."span_id",
  "sessionId": scores_rows."session_id",
  "threadId": scores_rows."thread_id",
  "runId": scores_rows."run_id",
  "requestId": scores_rows."request_id",
  "resourceId": scores_rows."resource_id",
  "userId": scores_rows."user_id",
  "organizationId": scores_rows."organization_id",
  "conversationId": scores_rows."conversation_id",
  "serviceName": scores_rows."service_name",
  "environment": scores_rows."environment",
  "tags": scores_rows."tags",
  "metadata": scores_rows."metadata"})::VARCHAR AS json
FROM page JOIN scores_rows ON scores_rows._id = page._id
WHERE page.kind = '2')
ORDER BY time asc, kind asc, key asc


-- getTrace

SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE (trace_key = ?
AND trace_id = ?)
ORDER BY start_time, span_id
LIMIT ?


-- traceOutline

SELECT to_json([span_id::VARCHAR, parent_span_id::VARCHAR, parent_is_remote::VARCHAR, name::VARCHAR, kind::VARCHAR, span_type::VARCHAR, status::VARCHAR, error_type::VARCHAR, start_time::VARCHAR, end_time::VARCHAR, session_id::VARCHAR, model::VARCHAR, provider::VARCHAR, tool_name::VARCHAR, agent_name::VARCHAR, input_tokens::VARCHAR, output_tokens::VARCHAR, cost_usd::VARCHAR, cost_source::VARCHAR, input_size::VARCHAR, output_size::VARCHAR, attributes_size::VARCHAR])::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE (trace_key = ?
AND trace_id = ?)
ORDER BY start_time, span_id
LIMIT ?


-- getSpan

SELECT to_json({"traceId": "mastra_ai_spans"."trace_id",
  "spanId": "mastra_ai_spans"."span_id",
  "parentSpanId": "mastra_ai_spans"."parent_span_id",
  "parentIsRemote": "mastra_ai_spans"."parent_is_remote",
  "traceState": "mastra_ai_spans"."trace_state",
  "name": "mastra_ai_spans"."name",
  "kind": "mastra_ai_spans"."kind",
  "spanType": "mastra_ai_spans"."span_type",
  "status": "mastra_ai_spans"."status",
  "statusMessage": "mastra_ai_spans"."status_message",
  "errorType": "mastra_ai_spans"."error_type",
  "startTime": "mastra_ai_spans"."start_time"::VARCHAR,
  "endTime": "mastra_ai_spans"."end_time"::VARCHAR,
  "sessionId": "mastra_ai_spans"."session_id",
  "threadId": "mastra_ai_spans"."thread_id",
  "runId": "mastra_ai_spans"."run_id",
  "requestId": "mastra_ai_spans"."request_id",
  "resourceId": "mastra_ai_spans"."resource_id",
  "userId": "mastra_ai_spans"."user_id",
  "organizationId": "mastra_ai_spans"."organization_id",
  "conversationId": "mastra_ai_spans"."conversation_id",
  "serviceName": "mastra_ai_spans"."service_name",
  "environment": "mastra_ai_spans"."environment",
  "tags": "mastra_ai_spans"."tags",
  "metadata": "mastra_ai_spans"."metadata",
  "model": "mastra_ai_spans"."model",
  "requestModel": "mastra_ai_spans"."request_model",
  "provider": "mastra_ai_spans"."provider",
  "inputTokens": "mastra_ai_spans"."input_tokens",
  "outputTokens": "mastra_ai_spans"."output_tokens",
  "cachedInputTokens": "mastra_ai_spans"."cached_input_tokens",
  "cacheWriteTokens": "mastra_ai_spans"."cache_write_tokens",
  "reasoningTokens": "mastra_ai_spans"."reasoning_tokens",
  "costUsd": "mastra_ai_spans"."cost_usd",
  "costSource": "mastra_ai_spans"."cost_source",
  "timeToFirstToken": "mastra_ai_spans"."time_to_first_token"::VARCHAR,
  "toolName": "mastra_ai_spans"."tool_name",
  "agentName": "mastra_ai_spans"."agent_name",
  "attributes": "mastra_ai_spans"."attributes",
  "events": "mastra_ai_spans"."events",
  "links": "mastra_ai_spans"."links",
  "resource": "mastra_ai_spans"."resource",
  "dropped": "mastra_ai_spans"."dropped",
  "messages": "mastra_ai_spans"."messages"})::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE (trace_key = ?
AND trace_id = ?)
AND span_id = ?


-- getSession

SELECT (SELECT count(*)
FROM "mastra_ai_spans"
WHERE session_id = ?) AS spans, (SELECT count(*)
FROM "mastra_ai_logs"
WHERE session_id = ?) AS logs, (SELECT count(*)
FROM "mastra_ai_scores"
WHERE session_id = ?) AS scores

SELECT to_json({ traceId: trace_id,
  spanId: span_id,
  parentSpanId: parent_span_id,
  parentIsRemote: parent_is_remote,
  startTime: start_time::VARCHAR,
  endTime: end_time::VARCHAR,
  userId: user_id,
  model: model,
  agentName: agent_name,
  spanType: span_type,
  costSource: cost_source,
  status: status,
  statusMessage: status_message,
  errorType: error_type,
  attributes: {"effect_observability.replay": replayed},
  "inputTokens": "input_tokens",
  "outputTokens": "output_tokens",
  "costUsd": "cost_usd" })::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE session_id = ?

SELECT to_json({traceId: trace_id,
  spanId: span_id,
  said: json_extract(attributes, ['/gen_ai.input.messages', '/gen_ai.prompt', '/input.value', '/ai.prompt.messages', '/ai.prompt', '/gen_ai.output.messages', '/gen_ai.completion', '/output.value', '/ai.response.text', '/ai.response.object']),
  messages: messages})::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE session_id = ?
AND "span_id" IN (?,?,?,?)

SELECT to_json({timestamp: timestamp::VARCHAR,
  userId: user_id})::VARCHAR AS json
FROM "mastra_ai_logs"
WHERE session_id = ?


-- deleteSession

BEGIN

SELECT trace_id AS id
FROM "mastra_ai_spans"
WHERE session_id = ?
UNION
SELECT trace_id AS id
FROM "mastra_ai_logs"
WHERE session_id = ?
UNION
SELECT trace_id AS id
FROM "mastra_ai_scores"
WHERE session_id = ?

INSERT INTO "mastra_ai_sessions" (session_id, "spans", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_spans"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))
GROUP BY session_id

DELETE FROM "mastra_ai_spans"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))

DELETE FROM "mastra_ai_messages"
WHERE owner IN (SELECT unnest(from_json(?, '["VARCHAR"]')))

INSERT INTO "mastra_ai_sessions" (session_id, "logs", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_logs"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))
GROUP BY session_id

DELETE FROM "mastra_ai_logs"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))

DELETE FROM "mastra_ai_metrics"
WHERE trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))

INSERT INTO "mastra_ai_sessions" (session_id, "scores", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_scores"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))
GROUP BY session_id

DELETE FROM "mastra_ai_scores"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))

DELETE FROM "mastra_ai_sessions"
WHERE shrunk IS DISTINCT
FROM true
AND session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)

INSERT INTO "mastra_ai_sessions" (session_id, first_activity, last_activity, spans, logs, scores, stamp)
SELECT session_id, min(first_activity), max(last_activity), sum(spans), sum(logs), sum(scores), ?::BIGINT
FROM (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(*) AS spans, 0 AS logs, 0 AS scores
FROM "mastra_ai_spans"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id
UNION ALL
SELECT session_id, min(timestamp), max(timestamp), 0, count(*), 0
FROM "mastra_ai_logs"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id
UNION ALL
SELECT session_id, NULL, NULL, 0, 0, count(*)
FROM "mastra_ai_scores"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id )
GROUP BY session_id
ORDER BY 3

DELETE FROM "mastra_ai_sessions"
WHERE shrunk

SELECT 1

COMMIT


-- deleteBefore

BEGIN

INSERT INTO "mastra_ai_sessions" (session_id, "spans", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_spans"
WHERE "start_time" < ?
GROUP BY session_id

DELETE FROM "mastra_ai_spans"
WHERE "start_time" < ?

DELETE FROM "mastra_ai_spans_words"
WHERE latest < ?

DELETE FROM "mastra_ai_messages"
WHERE kept_until < ?

INSERT INTO "mastra_ai_sessions" (session_id, "logs", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_logs"
WHERE "timestamp" < ?
GROUP BY session_id

DELETE FROM "mastra_ai_logs"
WHERE "timestamp" < ?

DELETE FROM "mastra_ai_logs_words"
WHERE latest < ?

DELETE FROM "mastra_ai_metrics"
WHERE "time" < ?

INSERT INTO "mastra_ai_sessions" (session_id, "scores", stamp, shrunk)
SELECT session_id, -count(*), ?::BIGINT, session_id IS NOT NULL
FROM "mastra_ai_scores"
WHERE "time" < ?
GROUP BY session_id

DELETE FROM "mastra_ai_scores"
WHERE "time" < ?

DELETE FROM "mastra_ai_sessions"
WHERE shrunk IS DISTINCT
FROM true
AND session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)

INSERT INTO "mastra_ai_sessions" (session_id, first_activity, last_activity, spans, logs, scores, stamp)
SELECT session_id, min(first_activity), max(last_activity), sum(spans), sum(logs), sum(scores), ?::BIGINT
FROM (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(*) AS spans, 0 AS logs, 0 AS scores
FROM "mastra_ai_spans"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id
UNION ALL
SELECT session_id, min(timestamp), max(timestamp), 0, count(*), 0
FROM "mastra_ai_logs"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id
UNION ALL
SELECT session_id, NULL, NULL, 0, 0, count(*)
FROM "mastra_ai_scores"
WHERE session_id IN (SELECT session_id
FROM "mastra_ai_sessions"
WHERE shrunk)
GROUP BY session_id )
GROUP BY session_id
ORDER BY 3

DELETE FROM "mastra_ai_sessions"
WHERE shrunk

SELECT 1

COMMIT
