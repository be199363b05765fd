-- a fresh store is opened

SELECT table_name, column_name, data_type
FROM duckdb_columns()
WHERE database_name = current_database()
AND schema_name = current_schema()
AND starts_with(table_name, ?)

CREATE TABLE IF NOT EXISTS "mastra_ai_schema" (major INTEGER, minor INTEGER, since TIMESTAMP)

SELECT major, minor
FROM "mastra_ai_schema"
ORDER BY major DESC, minor DESC
LIMIT 1

CREATE TABLE IF NOT EXISTS "mastra_ai_spans" (trace_id VARCHAR, span_id VARCHAR, parent_span_id VARCHAR, parent_is_remote BOOLEAN, trace_state VARCHAR, name VARCHAR, kind VARCHAR, span_type VARCHAR, status VARCHAR, status_message VARCHAR, start_time BIGINT, end_time BIGINT, session_id VARCHAR, thread_id VARCHAR, run_id VARCHAR, request_id VARCHAR, resource_id VARCHAR, user_id VARCHAR, organization_id VARCHAR, conversation_id VARCHAR, service_name VARCHAR, environment VARCHAR, tags JSON, metadata JSON, model VARCHAR, provider VARCHAR, input_tokens BIGINT, output_tokens BIGINT, cost_usd DOUBLE, attributes JSON, events JSON, links JSON, resource JSON, dropped JSON, trace_key BIGINT, entry_key BIGINT, replayed BOOLEAN)

CREATE TABLE IF NOT EXISTS "mastra_ai_logs" (log_id VARCHAR, timestamp BIGINT, level VARCHAR, message VARCHAR, data JSON, attributes JSON, log_spans JSON, cause VARCHAR, trace_id VARCHAR, span_id VARCHAR, session_id VARCHAR, thread_id VARCHAR, run_id VARCHAR, request_id VARCHAR, resource_id VARCHAR, user_id VARCHAR, organization_id VARCHAR, conversation_id VARCHAR, service_name VARCHAR, environment VARCHAR, tags JSON, metadata JSON)

CREATE INDEX IF NOT EXISTS "idx_spans_session_id" ON "mastra_ai_spans" (session_id)

CREATE INDEX IF NOT EXISTS "idx_spans_entry_key" ON "mastra_ai_spans" (entry_key)

CREATE INDEX IF NOT EXISTS "idx_logs_session_id" ON "mastra_ai_logs" (session_id)

INSERT INTO "mastra_ai_schema" VALUES (1, 0, now()::TIMESTAMP)


-- insertSpans and insertLogs

SELECT max(start_time)::VARCHAR AS time
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2

INSERT INTO "mastra_ai_spans" (trace_id,span_id,parent_span_id,parent_is_remote,trace_state,name,kind,span_type,status,status_message,start_time,end_time,session_id,thread_id,run_id,request_id,resource_id,user_id,organization_id,conversation_id,service_name,environment,tags,metadata,model,provider,input_tokens,output_tokens,cost_usd,attributes,events,links,resource,dropped,trace_key,entry_key,replayed)
SELECT nullif(field[1], $3),nullif(field[2], $3),nullif(field[3], $3),nullif(field[4], $3)::BOOLEAN,nullif(field[5], $3),nullif(field[6], $3),nullif(field[7], $3),nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3)::BIGINT,nullif(field[12], $3)::BIGINT,nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3),nullif(field[22], $3),nullif(field[23], $3)::JSON,nullif(field[24], $3)::JSON,nullif(field[25], $3),nullif(field[26], $3),nullif(field[27], $3)::BIGINT,nullif(field[28], $3)::BIGINT,nullif(field[29], $3)::DOUBLE,nullif(field[30], $3)::JSON,nullif(field[31], $3)::JSON,nullif(field[32], $3)::JSON,nullif(field[33], $3)::JSON,nullif(field[34], $3)::JSON,nullif(field[35], $3)::BIGINT,nullif(field[36], $3)::BIGINT,$5::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT 1
FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))
LIMIT 1

INSERT INTO "mastra_ai_logs" (log_id,timestamp,level,message,data,attributes,log_spans,cause,trace_id,span_id,session_id,thread_id,run_id,request_id,resource_id,user_id,organization_id,conversation_id,service_name,environment,tags,metadata)
SELECT nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3),nullif(field[4], $3),nullif(field[5], $3)::JSON,nullif(field[6], $3)::JSON,nullif(field[7], $3)::JSON,nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3),nullif(field[12], $3),nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3)::JSON,nullif(field[22], $3)::JSON
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))


-- insertSpans and insertLogs of what is stored

SELECT max(start_time)::VARCHAR AS time
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2

SELECT trace_id || span_id AS id, end_time IS NOT NULL AS completed
FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2
AND span_id IN (SELECT unnest(string_split($3, ',')))

BEGIN

DELETE FROM "mastra_ai_spans"
WHERE start_time BETWEEN $1
AND $2
AND trace_id || span_id IN (SELECT unnest(string_split($3, ',')))

INSERT INTO "mastra_ai_spans" (trace_id,span_id,parent_span_id,parent_is_remote,trace_state,name,kind,span_type,status,status_message,start_time,end_time,session_id,thread_id,run_id,request_id,resource_id,user_id,organization_id,conversation_id,service_name,environment,tags,metadata,model,provider,input_tokens,output_tokens,cost_usd,attributes,events,links,resource,dropped,trace_key,entry_key,replayed)
SELECT nullif(field[1], $3),nullif(field[2], $3),nullif(field[3], $3),nullif(field[4], $3)::BOOLEAN,nullif(field[5], $3),nullif(field[6], $3),nullif(field[7], $3),nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3)::BIGINT,nullif(field[12], $3)::BIGINT,nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3),nullif(field[22], $3),nullif(field[23], $3)::JSON,nullif(field[24], $3)::JSON,nullif(field[25], $3),nullif(field[26], $3),nullif(field[27], $3)::BIGINT,nullif(field[28], $3)::BIGINT,nullif(field[29], $3)::DOUBLE,nullif(field[30], $3)::JSON,nullif(field[31], $3)::JSON,nullif(field[32], $3)::JSON,nullif(field[33], $3)::JSON,nullif(field[34], $3)::JSON,nullif(field[35], $3)::BIGINT,nullif(field[36], $3)::BIGINT,$5::BOOLEAN
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT 1

COMMIT

SELECT 1
FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))
LIMIT 1

BEGIN

DELETE FROM "mastra_ai_logs"
WHERE log_id BETWEEN $1
AND $2
AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))

INSERT INTO "mastra_ai_logs" (log_id,timestamp,level,message,data,attributes,log_spans,cause,trace_id,span_id,session_id,thread_id,run_id,request_id,resource_id,user_id,organization_id,conversation_id,service_name,environment,tags,metadata)
SELECT nullif(field[1], $3),nullif(field[2], $3)::BIGINT,nullif(field[3], $3),nullif(field[4], $3),nullif(field[5], $3)::JSON,nullif(field[6], $3)::JSON,nullif(field[7], $3)::JSON,nullif(field[8], $3),nullif(field[9], $3),nullif(field[10], $3),nullif(field[11], $3),nullif(field[12], $3),nullif(field[13], $3),nullif(field[14], $3),nullif(field[15], $3),nullif(field[16], $3),nullif(field[17], $3),nullif(field[18], $3),nullif(field[19], $3),nullif(field[20], $3),nullif(field[21], $3)::JSON,nullif(field[22], $3)::JSON
FROM (SELECT string_split(record, $2) AS field
FROM (SELECT unnest(string_split($4, $1)) AS record))

SELECT 1

COMMIT


-- listTraces

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

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?,?,?)


-- listTraces of a session

SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE session_id = ?
LIMIT ?

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?)


-- listTraces with every filter

SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE session_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE thread_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE run_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE request_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE resource_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE user_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE organization_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE conversation_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE span_type = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE model = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE json_contains(tags, ?)
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$'))))
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE trace_key = ?
AND trace_id = ?
INTERSECT
SELECT trace_key, trace_id
FROM "mastra_ai_spans"
WHERE status = 'error'
LIMIT ?

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, (true
AND service_name = ?
AND environment = ?
AND name = ?
AND status = ?
AND start_time >= ?
AND start_time < ?
AND end_time::HUGEINT - start_time >= ?) AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?)


-- listTraces without an error, at least so long

SELECT trace_key, trace_id, span_id, (start_time)::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE ((true
AND entry_key IS NOT NULL
AND name = ?
AND end_time::HUGEINT - start_time >= ?
AND trace_id NOT IN (SELECT trace_id
FROM "mastra_ai_spans"
WHERE status = 'error'))
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL
AND name = ?
AND end_time::HUGEINT - start_time >= ?
AND trace_id NOT IN (SELECT trace_id
FROM "mastra_ai_spans"
WHERE status = 'error'))))
ORDER BY start_time desc, trace_id desc, span_id desc
LIMIT ?

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?)


-- listTraces, the longest first

SELECT trace_key, trace_id, span_id, (coalesce(end_time::HUGEINT - start_time, ?::HUGEINT))::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL)
ORDER BY coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) desc, trace_id desc, span_id desc
LIMIT ?

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?,?,?,?)


-- listTraces, the oldest first, the next page

SELECT trace_key, trace_id, span_id, (start_time)::VARCHAR AS position
FROM "mastra_ai_spans"
WHERE (true
AND entry_key IS NOT NULL
AND start_time >= ?
AND (start_time > ?
OR (trace_id > ?
OR (trace_id = ?
AND (span_id > ?
OR (span_id = ?
AND false))))))
ORDER BY start_time asc, trace_id asc, span_id asc
LIMIT ?

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json, true AS matches
FROM "mastra_ai_spans"
WHERE "entry_key" IN (?,?)


-- listSpans

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE true), page AS MATERIALIZED (
SELECT id, start_time AS position, trace_id, span_id
FROM rows
WHERE (true
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM rows
WHERE true))
ORDER BY position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({traceId: rows.trace_id,
  spanId: rows.span_id,
  parentSpanId: rows.parent_span_id,
  parentIsRemote: rows.parent_is_remote,
  traceState: rows.trace_state,
  name: rows.name,
  kind: rows.kind,
  spanType: rows.span_type,
  status: rows.status,
  statusMessage: rows.status_message,
  startTime: rows.start_time::VARCHAR,
  endTime: rows.end_time::VARCHAR,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata,
  model: rows.model,
  provider: rows.provider,
  inputTokens: rows.input_tokens,
  outputTokens: rows.output_tokens,
  costUsd: rows.cost_usd,
  attributes: rows.attributes,
  events: rows.events,
  links: rows.links,
  resource: rows.resource,
  dropped: rows.dropped})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.position desc, page.trace_id desc, page.span_id desc


-- listSpans with every filter

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT id, start_time AS position, trace_id, span_id
FROM rows
WHERE (true
AND session_id = ?
AND thread_id = ?
AND run_id = ?
AND request_id = ?
AND resource_id = ?
AND user_id = ?
AND organization_id = ?
AND conversation_id = ?
AND service_name = ?
AND environment = ?
AND span_type = ?
AND name = ?
AND status = ?
AND model = ?
AND trace_key = ?
AND trace_id = ?
AND json_contains(tags, ?)
AND (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$'))))
AND start_time >= ?
AND start_time < ?
AND end_time::HUGEINT - start_time >= ?
AND (status = 'error') = ?)
ORDER BY position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({traceId: rows.trace_id,
  spanId: rows.span_id,
  parentSpanId: rows.parent_span_id,
  parentIsRemote: rows.parent_is_remote,
  traceState: rows.trace_state,
  name: rows.name,
  kind: rows.kind,
  spanType: rows.span_type,
  status: rows.status,
  statusMessage: rows.status_message,
  startTime: rows.start_time::VARCHAR,
  endTime: rows.end_time::VARCHAR,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata,
  model: rows.model,
  provider: rows.provider,
  inputTokens: rows.input_tokens,
  outputTokens: rows.output_tokens,
  costUsd: rows.cost_usd,
  attributes: rows.attributes,
  events: rows.events,
  links: rows.links,
  resource: rows.resource,
  dropped: rows.dropped})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.position desc, page.trace_id desc, page.span_id desc


-- listSpans, the longest first

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE true), page AS MATERIALIZED (
SELECT id, coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) AS position, trace_id, span_id
FROM rows
WHERE true
ORDER BY position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({traceId: rows.trace_id,
  spanId: rows.span_id,
  parentSpanId: rows.parent_span_id,
  parentIsRemote: rows.parent_is_remote,
  traceState: rows.trace_state,
  name: rows.name,
  kind: rows.kind,
  spanType: rows.span_type,
  status: rows.status,
  statusMessage: rows.status_message,
  startTime: rows.start_time::VARCHAR,
  endTime: rows.end_time::VARCHAR,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata,
  model: rows.model,
  provider: rows.provider,
  inputTokens: rows.input_tokens,
  outputTokens: rows.output_tokens,
  costUsd: rows.cost_usd,
  attributes: rows.attributes,
  events: rows.events,
  links: rows.links,
  resource: rows.resource,
  dropped: rows.dropped})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.position desc, page.trace_id desc, page.span_id desc


-- listSpans, the shortest first, the next page

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE true), page AS MATERIALIZED (
SELECT id, coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) AS position, trace_id, span_id
FROM rows
WHERE (true
AND coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) >= ?
AND (coalesce(end_time::HUGEINT - start_time, ?::HUGEINT) > ?
OR (trace_id > ?
OR (trace_id = ?
AND (span_id > ?
OR (span_id = ?
AND false))))))
ORDER BY position asc, trace_id asc, span_id asc
LIMIT ? )
SELECT to_json({traceId: rows.trace_id,
  spanId: rows.span_id,
  parentSpanId: rows.parent_span_id,
  parentIsRemote: rows.parent_is_remote,
  traceState: rows.trace_state,
  name: rows.name,
  kind: rows.kind,
  spanType: rows.span_type,
  status: rows.status,
  statusMessage: rows.status_message,
  startTime: rows.start_time::VARCHAR,
  endTime: rows.end_time::VARCHAR,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata,
  model: rows.model,
  provider: rows.provider,
  inputTokens: rows.input_tokens,
  outputTokens: rows.output_tokens,
  costUsd: rows.cost_usd,
  attributes: rows.attributes,
  events: rows.events,
  links: rows.links,
  resource: rows.resource,
  dropped: rows.dropped})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.position asc, page.trace_id asc, page.span_id asc


-- listSpans of a session, the next page

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT id, start_time AS position, trace_id, span_id
FROM rows
WHERE ((true
AND session_id = ?
AND start_time <= ?
AND (start_time < ?
OR (trace_id < ?
OR (trace_id = ?
AND (span_id < ?
OR (span_id = ?
AND false))))))
AND start_time >= (SELECT list_min(max(start_time, ?))
FROM rows
WHERE (true
AND session_id = ?
AND start_time <= ?
AND (start_time < ?
OR (trace_id < ?
OR (trace_id = ?
AND (span_id < ?
OR (span_id = ?
AND false))))))))
ORDER BY position desc, trace_id desc, span_id desc
LIMIT ? )
SELECT to_json({traceId: rows.trace_id,
  spanId: rows.span_id,
  parentSpanId: rows.parent_span_id,
  parentIsRemote: rows.parent_is_remote,
  traceState: rows.trace_state,
  name: rows.name,
  kind: rows.kind,
  spanType: rows.span_type,
  status: rows.status,
  statusMessage: rows.status_message,
  startTime: rows.start_time::VARCHAR,
  endTime: rows.end_time::VARCHAR,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata,
  model: rows.model,
  provider: rows.provider,
  inputTokens: rows.input_tokens,
  outputTokens: rows.output_tokens,
  costUsd: rows.cost_usd,
  attributes: rows.attributes,
  events: rows.events,
  links: rows.links,
  resource: rows.resource,
  dropped: rows.dropped})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.position desc, page.trace_id desc, page.span_id desc


-- listLogs

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE true), page AS MATERIALIZED (
SELECT id, timestamp, log_id
FROM rows
WHERE (true
AND timestamp >= (SELECT list_min(max(timestamp, ?))
FROM rows
WHERE true))
ORDER BY timestamp desc, log_id desc
LIMIT ? )
SELECT to_json({logId: rows.log_id,
  timestamp: rows.timestamp::VARCHAR,
  level: rows.level,
  message: rows.message,
  data: rows.data,
  attributes: rows.attributes,
  logSpans: rows.log_spans,
  cause: rows.cause,
  traceId: rows.trace_id,
  spanId: rows.span_id,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.timestamp desc, page.log_id desc


-- listLogs by minLevel and search

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE true), page AS MATERIALIZED (
SELECT id, timestamp, log_id
FROM rows
WHERE (true
AND "level" IN (?,?,?)
AND (contains(lower(message), lower(?))
AND contains(translate(message, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate(?, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))))
ORDER BY timestamp desc, log_id desc
LIMIT ? )
SELECT to_json({logId: rows.log_id,
  timestamp: rows.timestamp::VARCHAR,
  level: rows.level,
  message: rows.message,
  data: rows.data,
  attributes: rows.attributes,
  logSpans: rows.log_spans,
  cause: rows.cause,
  traceId: rows.trace_id,
  spanId: rows.span_id,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.timestamp desc, page.log_id desc


-- listLogs by tags and metadata

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE true), page AS MATERIALIZED (
SELECT id, timestamp, log_id
FROM rows
WHERE (true
AND json_contains(tags, ?)
AND (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$')))))
ORDER BY timestamp desc, log_id desc
LIMIT ? )
SELECT to_json({logId: rows.log_id,
  timestamp: rows.timestamp::VARCHAR,
  level: rows.level,
  message: rows.message,
  data: rows.data,
  attributes: rows.attributes,
  logSpans: rows.log_spans,
  cause: rows.cause,
  traceId: rows.trace_id,
  spanId: rows.span_id,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.timestamp desc, page.log_id desc


-- listLogs with every filter

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

WITH rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), page AS MATERIALIZED (
SELECT id, timestamp, log_id
FROM rows
WHERE (true
AND session_id = ?
AND thread_id = ?
AND run_id = ?
AND request_id = ?
AND resource_id = ?
AND user_id = ?
AND organization_id = ?
AND conversation_id = ?
AND service_name = ?
AND environment = ?
AND trace_id = ?
AND level = ?
AND json_contains(tags, ?)
AND (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$'))))
AND timestamp >= ?
AND timestamp < ?
AND "level" IN (?,?,?)
AND (contains(lower(message), lower(?))
AND contains(translate(message, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate(?, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))))
ORDER BY timestamp desc, log_id desc
LIMIT ? )
SELECT to_json({logId: rows.log_id,
  timestamp: rows.timestamp::VARCHAR,
  level: rows.level,
  message: rows.message,
  data: rows.data,
  attributes: rows.attributes,
  logSpans: rows.log_spans,
  cause: rows.cause,
  traceId: rows.trace_id,
  spanId: rows.span_id,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.timestamp desc, page.log_id desc


-- listLogs, the oldest first, the next page

WITH rows AS NOT MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE true), page AS MATERIALIZED (
SELECT id, timestamp, log_id
FROM rows
WHERE (true
AND timestamp >= ?
AND (timestamp > ?
OR (log_id > ?
OR (log_id = ?
AND false))))
ORDER BY timestamp asc, log_id asc
LIMIT ? )
SELECT to_json({logId: rows.log_id,
  timestamp: rows.timestamp::VARCHAR,
  level: rows.level,
  message: rows.message,
  data: rows.data,
  attributes: rows.attributes,
  logSpans: rows.log_spans,
  cause: rows.cause,
  traceId: rows.trace_id,
  spanId: rows.span_id,
  sessionId: rows.session_id,
  threadId: rows.thread_id,
  runId: rows.run_id,
  requestId: rows.request_id,
  resourceId: rows.resource_id,
  userId: rows.user_id,
  organizationId: rows.organization_id,
  conversationId: rows.conversation_id,
  serviceName: rows.service_name,
  environment: rows.environment,
  tags: rows.tags,
  metadata: rows.metadata})::VARCHAR AS json
FROM page JOIN rows ON rows.id = page.id
ORDER BY page.timestamp asc, page.log_id asc


-- listSessions

WITH rows AS (
SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity, status = 'error'
AND NOT replayed AS failed
FROM "mastra_ai_spans"
WHERE session_id IS NOT NULL
UNION ALL
SELECT session_id, timestamp, timestamp, false
FROM "mastra_ai_logs"
WHERE session_id IS NOT NULL ), matching AS (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bool_or(failed) AS failed
FROM rows
GROUP BY session_id
HAVING true ), sessions AS MATERIALIZED (SELECT *
FROM matching
WHERE true)
SELECT session_id AS id, (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest
FROM sessions
WHERE true
ORDER BY last_activity desc, session_id desc
LIMIT ?

WITH span_rows AS MATERIALIZED (
SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens, cost_usd, replayed
FROM "mastra_ai_spans"
WHERE "session_id" IN (?,?) ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?,?) ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE status = 'error'
AND NOT replayed) AS errors, sum(input_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS input_tokens, sum(output_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS output_tokens, sum(cost_usd) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS cost_usd, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM span_rows
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM log_rows
GROUP BY session_id )
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  inputTokens: coalesce(input_tokens, 0),
  outputTokens: coalesce(output_tokens, 0),
  costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
  users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, [])) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id)


-- listSessions with every filter

WITH rows AS (
SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity, status = 'error'
AND NOT replayed AS failed, thread_id = ? AS matches0, run_id = ? AS matches1, request_id = ? AS matches2, resource_id = ? AS matches3, user_id = ? AS matches4, organization_id = ? AS matches5, conversation_id = ? AS matches6, service_name = ? AS matches7, environment = ? AS matches8, trace_id = ? AS matches9, json_contains(tags, ?) AS matches10, (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$')))) AS matches11, span_type = ? AS matches12, name = ? AS matches13, status = ? AS matches14, model = ? AS matches15
FROM "mastra_ai_spans"
WHERE session_id = ?
UNION ALL
SELECT session_id, timestamp, timestamp, false, thread_id = ? AS matches0, run_id = ? AS matches1, request_id = ? AS matches2, resource_id = ? AS matches3, user_id = ? AS matches4, organization_id = ? AS matches5, conversation_id = ? AS matches6, service_name = ? AS matches7, environment = ? AS matches8, trace_id = ? AS matches9, json_contains(tags, ?) AS matches10, (true
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND len(json_keys(metadata, ?)) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND (json_type(metadata, ?) = ?
AND json_array_length(metadata, ?) = ?
AND json_extract(metadata, ?) = json_extract(?, '$')
AND json_extract(metadata, ?) = json_extract(?, '$')))) AS matches11, false AS matches12, false AS matches13, false AS matches14, false AS matches15
FROM "mastra_ai_logs"
WHERE session_id = ? ), matching AS (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bool_or(failed) AS failed
FROM rows
GROUP BY session_id
HAVING (true
AND bool_or(matches0)
AND bool_or(matches1)
AND bool_or(matches2)
AND bool_or(matches3)
AND bool_or(matches4)
AND bool_or(matches5)
AND bool_or(matches6)
AND bool_or(matches7)
AND bool_or(matches8)
AND bool_or(matches9)
AND bool_or(matches10)
AND bool_or(matches11)
AND bool_or(matches12)
AND bool_or(matches13)
AND bool_or(matches14)
AND bool_or(matches15)) ), sessions AS MATERIALIZED (SELECT *
FROM matching
WHERE (true
AND last_activity >= ?
AND first_activity < ?
AND last_activity::HUGEINT - first_activity >= ?
AND failed = ?))
SELECT session_id AS id, (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest
FROM sessions
WHERE true
ORDER BY last_activity desc, session_id desc
LIMIT ?

WITH span_rows AS MATERIALIZED (
SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens, cost_usd, replayed
FROM "mastra_ai_spans"
WHERE "session_id" IN (?) ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?) ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE status = 'error'
AND NOT replayed) AS errors, sum(input_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS input_tokens, sum(output_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS output_tokens, sum(cost_usd) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS cost_usd, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM span_rows
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM log_rows
GROUP BY session_id )
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  inputTokens: coalesce(input_tokens, 0),
  outputTokens: coalesce(output_tokens, 0),
  costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
  users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, [])) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id)


-- listSessions without an error, the longest first

WITH rows AS (
SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity, status = 'error'
AND NOT replayed AS failed
FROM "mastra_ai_spans"
WHERE session_id IS NOT NULL
UNION ALL
SELECT session_id, timestamp, timestamp, false
FROM "mastra_ai_logs"
WHERE session_id IS NOT NULL ), matching AS (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bool_or(failed) AS failed
FROM rows
GROUP BY session_id
HAVING true ), sessions AS MATERIALIZED (SELECT *
FROM matching
WHERE (true
AND failed = ?))
SELECT session_id AS id, (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest
FROM sessions
WHERE true
ORDER BY last_activity::HUGEINT - first_activity desc, session_id desc
LIMIT ?

WITH span_rows AS MATERIALIZED (
SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens, cost_usd, replayed
FROM "mastra_ai_spans"
WHERE "session_id" IN (?) ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?) ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE status = 'error'
AND NOT replayed) AS errors, sum(input_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS input_tokens, sum(output_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS output_tokens, sum(cost_usd) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS cost_usd, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM span_rows
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM log_rows
GROUP BY session_id )
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  inputTokens: coalesce(input_tokens, 0),
  outputTokens: coalesce(output_tokens, 0),
  costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
  users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, [])) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id)


-- listSessions, the oldest first, the next page

WITH rows AS (
SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity, status = 'error'
AND NOT replayed AS failed
FROM "mastra_ai_spans"
WHERE session_id IS NOT NULL
UNION ALL
SELECT session_id, timestamp, timestamp, false
FROM "mastra_ai_logs"
WHERE session_id IS NOT NULL ), matching AS (
SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity, bool_or(failed) AS failed
FROM rows
GROUP BY session_id
HAVING true ), sessions AS MATERIALIZED (SELECT *
FROM matching
WHERE true)
SELECT session_id AS id, (SELECT max(last_activity)
FROM sessions)::VARCHAR AS newest
FROM sessions
WHERE (true
AND last_activity <= ?
AND last_activity >= ?
AND (last_activity > ?
OR (session_id > ?
OR (session_id = ?
AND false))))
ORDER BY last_activity asc, session_id asc
LIMIT ?

WITH span_rows AS MATERIALIZED (
SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens, cost_usd, replayed
FROM "mastra_ai_spans"
WHERE "session_id" IN (?) ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?) ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE status = 'error'
AND NOT replayed) AS errors, sum(input_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS input_tokens, sum(output_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS output_tokens, sum(cost_usd) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS cost_usd, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM span_rows
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM log_rows
GROUP BY session_id )
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  inputTokens: coalesce(input_tokens, 0),
  outputTokens: coalesce(output_tokens, 0),
  costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
  users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, [])) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id)


-- sessionTimeline

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

WITH span_rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), log_rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), items AS (
SELECT id, start_time AS time, '0' AS kind, trace_id || span_id AS key
FROM span_rows
WHERE entry_key IS NOT NULL
UNION ALL
SELECT id, timestamp, '1', log_id
FROM log_rows ), page AS MATERIALIZED (
SELECT *
FROM items
WHERE true
ORDER BY time, kind, key
LIMIT ? )
SELECT kind, json
FROM (
SELECT page.*, to_json({traceId: span_rows.trace_id,
  spanId: span_rows.span_id,
  parentSpanId: span_rows.parent_span_id,
  parentIsRemote: span_rows.parent_is_remote,
  traceState: span_rows.trace_state,
  name: span_rows.name,
  kind: span_rows.kind,
  spanType: span_rows.span_type,
  status: span_rows.status,
  statusMessage: span_rows.status_message,
  startTime: span_rows.start_time::VARCHAR,
  endTime: span_rows.end_time::VARCHAR,
  sessionId: span_rows.session_id,
  threadId: span_rows.thread_id,
  runId: span_rows.run_id,
  requestId: span_rows.request_id,
  resourceId: span_rows.resource_id,
  userId: span_rows.user_id,
  organizationId: span_rows.organization_id,
  conversationId: span_rows.conversation_id,
  serviceName: span_rows.service_name,
  environment: span_rows.environment,
  tags: span_rows.tags,
  metadata: span_rows.metadata,
  model: span_rows.model,
  provider: span_rows.provider,
  inputTokens: span_rows.input_tokens,
  outputTokens: span_rows.output_tokens,
  costUsd: span_rows.cost_usd,
  attributes: span_rows.attributes,
  events: span_rows.events,
  links: span_rows.links,
  resource: span_rows.resource,
  dropped: span_rows.dropped})::VARCHAR AS json
FROM page JOIN span_rows ON span_rows.id = page.id
WHERE page.kind = '0'
UNION ALL
SELECT page.*, to_json({logId: log_rows.log_id,
  timestamp: log_rows.timestamp::VARCHAR,
  level: log_rows.level,
  message: log_rows.message,
  data: log_rows.data,
  attributes: log_rows.attributes,
  logSpans: log_rows.log_spans,
  cause: log_rows.cause,
  traceId: log_rows.trace_id,
  spanId: log_rows.span_id,
  sessionId: log_rows.session_id,
  threadId: log_rows.thread_id,
  runId: log_rows.run_id,
  requestId: log_rows.request_id,
  resourceId: log_rows.resource_id,
  userId: log_rows.user_id,
  organizationId: log_rows.organization_id,
  conversationId: log_rows.conversation_id,
  serviceName: log_rows.service_name,
  environment: log_rows.environment,
  tags: log_rows.tags,
  metadata: log_rows.metadata})::VARCHAR
FROM page JOIN log_rows ON log_rows.id = page.id
WHERE page.kind = '1' )
ORDER BY time, kind, key


-- sessionTimeline, the next page

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_spans"
WHERE session_id = ?

SELECT count(*)::INTEGER AS n
FROM "mastra_ai_logs"
WHERE session_id = ?

WITH span_rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_spans"
WHERE session_id = ?), log_rows AS MATERIALIZED (SELECT rowid AS id, *
FROM "mastra_ai_logs"
WHERE session_id = ?), items AS (
SELECT id, start_time AS time, '0' AS kind, trace_id || span_id AS key
FROM span_rows
WHERE entry_key IS NOT NULL
UNION ALL
SELECT id, timestamp, '1', log_id
FROM log_rows ), page AS MATERIALIZED (
SELECT *
FROM items
WHERE (true
AND time >= ?
AND (time > ?
OR (kind > ?
OR (kind = ?
AND (key > ?
OR (key = ?
AND false))))))
ORDER BY time, kind, key
LIMIT ? )
SELECT kind, json
FROM (
SELECT page.*, to_json({traceId: span_rows.trace_id,
  spanId: span_rows.span_id,
  parentSpanId: span_rows.parent_span_id,
  parentIsRemote: span_rows.parent_is_remote,
  traceState: span_rows.trace_state,
  name: span_rows.name,
  kind: span_rows.kind,
  spanType: span_rows.span_type,
  status: span_rows.status,
  statusMessage: span_rows.status_message,
  startTime: span_rows.start_time::VARCHAR,
  endTime: span_rows.end_time::VARCHAR,
  sessionId: span_rows.session_id,
  threadId: span_rows.thread_id,
  runId: span_rows.run_id,
  requestId: span_rows.request_id,
  resourceId: span_rows.resource_id,
  userId: span_rows.user_id,
  organizationId: span_rows.organization_id,
  conversationId: span_rows.conversation_id,
  serviceName: span_rows.service_name,
  environment: span_rows.environment,
  tags: span_rows.tags,
  metadata: span_rows.metadata,
  model: span_rows.model,
  provider: span_rows.provider,
  inputTokens: span_rows.input_tokens,
  outputTokens: span_rows.output_tokens,
  costUsd: span_rows.cost_usd,
  attributes: span_rows.attributes,
  events: span_rows.events,
  links: span_rows.links,
  resource: span_rows.resource,
  dropped: span_rows.dropped})::VARCHAR AS json
FROM page JOIN span_rows ON span_rows.id = page.id
WHERE page.kind = '0'
UNION ALL
SELECT page.*, to_json({logId: log_rows.log_id,
  timestamp: log_rows.timestamp::VARCHAR,
  level: log_rows.level,
  message: log_rows.message,
  data: log_rows.data,
  attributes: log_rows.attributes,
  logSpans: log_rows.log_spans,
  cause: log_rows.cause,
  traceId: log_rows.trace_id,
  spanId: log_rows.span_id,
  sessionId: log_rows.session_id,
  threadId: log_rows.thread_id,
  runId: log_rows.run_id,
  requestId: log_rows.request_id,
  resourceId: log_rows.resource_id,
  userId: log_rows.user_id,
  organizationId: log_rows.organization_id,
  conversationId: log_rows.conversation_id,
  serviceName: log_rows.service_name,
  environment: log_rows.environment,
  tags: log_rows.tags,
  metadata: log_rows.metadata})::VARCHAR
FROM page JOIN log_rows ON log_rows.id = page.id
WHERE page.kind = '1' )
ORDER BY time, kind, key


-- getTrace

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE trace_key = ?
AND trace_id = ?
ORDER BY start_time, span_id
LIMIT ?


-- getSpan

SELECT to_json({traceId: "mastra_ai_spans".trace_id,
  spanId: "mastra_ai_spans".span_id,
  parentSpanId: "mastra_ai_spans".parent_span_id,
  parentIsRemote: "mastra_ai_spans".parent_is_remote,
  traceState: "mastra_ai_spans".trace_state,
  name: "mastra_ai_spans".name,
  kind: "mastra_ai_spans".kind,
  spanType: "mastra_ai_spans".span_type,
  status: "mastra_ai_spans".status,
  statusMessage: "mastra_ai_spans".status_message,
  startTime: "mastra_ai_spans".start_time::VARCHAR,
  endTime: "mastra_ai_spans".end_time::VARCHAR,
  sessionId: "mastra_ai_spans".session_id,
  threadId: "mastra_ai_spans".thread_id,
  runId: "mastra_ai_spans".run_id,
  requestId: "mastra_ai_spans".request_id,
  resourceId: "mastra_ai_spans".resource_id,
  userId: "mastra_ai_spans".user_id,
  organizationId: "mastra_ai_spans".organization_id,
  conversationId: "mastra_ai_spans".conversation_id,
  serviceName: "mastra_ai_spans".service_name,
  environment: "mastra_ai_spans".environment,
  tags: "mastra_ai_spans".tags,
  metadata: "mastra_ai_spans".metadata,
  model: "mastra_ai_spans".model,
  provider: "mastra_ai_spans".provider,
  inputTokens: "mastra_ai_spans".input_tokens,
  outputTokens: "mastra_ai_spans".output_tokens,
  costUsd: "mastra_ai_spans".cost_usd,
  attributes: "mastra_ai_spans".attributes,
  events: "mastra_ai_spans".events,
  links: "mastra_ai_spans".links,
  resource: "mastra_ai_spans".resource,
  dropped: "mastra_ai_spans".dropped})::VARCHAR AS json
FROM "mastra_ai_spans"
WHERE trace_key = ?
AND trace_id = ?
AND span_id = ?


-- getSession

WITH span_rows AS MATERIALIZED (
SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens, cost_usd, replayed
FROM "mastra_ai_spans"
WHERE "session_id" IN (?) ), log_rows AS MATERIALIZED (
SELECT session_id, timestamp, user_id
FROM "mastra_ai_logs"
WHERE "session_id" IN (?) ), of_spans AS (
SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity, count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE status = 'error'
AND NOT replayed) AS errors, sum(input_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS input_tokens, sum(output_tokens) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS output_tokens, sum(cost_usd) FILTER (WHERE span_type = 'model_generation'
AND NOT replayed) AS cost_usd, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM span_rows
GROUP BY session_id ), of_logs AS (
SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs, list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
FROM log_rows
GROUP BY session_id )
SELECT to_json({ sessionId: session_id,
  firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
  lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
  traces: coalesce(traces, 0),
  spans: coalesce(spans, 0),
  errors: coalesce(errors, 0),
  logs: coalesce(logs, 0),
  inputTokens: coalesce(input_tokens, 0),
  outputTokens: coalesce(output_tokens, 0),
  costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
  users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, [])) })::VARCHAR AS json
FROM of_spans FULL JOIN of_logs USING (session_id)


-- deleteSession

BEGIN

SELECT trace_id AS id
FROM "mastra_ai_spans"
WHERE session_id = ?
UNION
SELECT trace_id
FROM "mastra_ai_logs"
WHERE session_id = ?

DELETE FROM "mastra_ai_logs"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))

DELETE FROM "mastra_ai_spans"
WHERE session_id = ?
OR (session_id IS NULL
AND trace_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))

SELECT 1

COMMIT


-- deleteBefore

BEGIN

DELETE FROM "mastra_ai_logs"
WHERE timestamp < ?

DELETE FROM "mastra_ai_spans"
WHERE start_time < ?

SELECT 1

COMMIT
