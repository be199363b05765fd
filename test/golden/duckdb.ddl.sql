-- idx_logs_session_id

CREATE INDEX idx_logs_session_id ON mastra_ai_logs(
  session_id
);


-- idx_messages_owner

CREATE INDEX idx_messages_owner ON mastra_ai_messages(
  "owner"
);


-- idx_scores_session_id

CREATE INDEX idx_scores_session_id ON mastra_ai_scores(
  session_id
);


-- idx_spans_entry_key

CREATE INDEX idx_spans_entry_key ON mastra_ai_spans(
  entry_key
);


-- idx_spans_session_id

CREATE INDEX idx_spans_session_id ON mastra_ai_spans(
  session_id
);


-- mastra_ai_logs

CREATE TABLE mastra_ai_logs(
  log_id VARCHAR,
  "timestamp" BIGINT,
  "level" VARCHAR,
  message VARCHAR,
  "data" JSON,
  attributes JSON,
  log_spans JSON,
  cause VARCHAR,
  trace_id VARCHAR,
  span_id VARCHAR,
  session_id VARCHAR,
  thread_id VARCHAR,
  run_id VARCHAR,
  request_id VARCHAR,
  resource_id VARCHAR,
  user_id VARCHAR,
  organization_id VARCHAR,
  conversation_id VARCHAR,
  service_name VARCHAR,
  environment VARCHAR,
  tags JSON,
  metadata JSON,
  dropped JSON,
  in_sessions BOOLEAN,
  word_block BIGINT
);


-- mastra_ai_logs_words

CREATE TABLE mastra_ai_logs_words(
  block BIGINT,
  earliest BIGINT,
  latest BIGINT,
  slice UTINYINT,
  bits BLOB
);


-- mastra_ai_messages

CREATE TABLE mastra_ai_messages(
  "owner" VARCHAR,
  hash VARCHAR,
  is_list BOOLEAN,
  kept_until BIGINT,
  body VARCHAR
);


-- mastra_ai_metrics

CREATE TABLE mastra_ai_metrics(
  metric_id VARCHAR,
  "name" VARCHAR,
  kind VARCHAR,
  unit VARCHAR,
  description VARCHAR,
  start_time BIGINT,
  "time" BIGINT,
  "value" DOUBLE,
  histogram JSON,
  attributes JSON,
  trace_id VARCHAR,
  span_id VARCHAR,
  service_name VARCHAR,
  environment VARCHAR,
  resource JSON
);


-- mastra_ai_schema

CREATE TABLE mastra_ai_schema(
  major INTEGER,
  minor INTEGER,
  since TIMESTAMP
);


-- mastra_ai_scores

CREATE TABLE mastra_ai_scores(
  score_id VARCHAR,
  "time" BIGINT,
  "name" VARCHAR,
  "value" DOUBLE,
  "label" VARCHAR,
  "comment" VARCHAR,
  correction VARCHAR,
  data_type VARCHAR,
  "source" VARCHAR,
  scorer JSON,
  author_id VARCHAR,
  trace_id VARCHAR,
  span_id VARCHAR,
  session_id VARCHAR,
  thread_id VARCHAR,
  run_id VARCHAR,
  request_id VARCHAR,
  resource_id VARCHAR,
  user_id VARCHAR,
  organization_id VARCHAR,
  conversation_id VARCHAR,
  service_name VARCHAR,
  environment VARCHAR,
  tags JSON,
  metadata JSON,
  in_sessions BOOLEAN
);


-- mastra_ai_sessions

CREATE TABLE mastra_ai_sessions(
  session_id VARCHAR,
  first_activity BIGINT,
  last_activity BIGINT,
  spans BIGINT,
  logs BIGINT,
  scores BIGINT,
  stamp BIGINT,
  shrunk BOOLEAN,
  summary VARCHAR
);


-- mastra_ai_spans

CREATE TABLE mastra_ai_spans(
  trace_id VARCHAR,
  span_id VARCHAR,
  parent_span_id VARCHAR,
  parent_is_remote BOOLEAN,
  trace_state VARCHAR,
  "name" VARCHAR,
  kind VARCHAR,
  span_type VARCHAR,
  status VARCHAR,
  status_message VARCHAR,
  error_type VARCHAR,
  start_time BIGINT,
  end_time BIGINT,
  session_id VARCHAR,
  thread_id VARCHAR,
  run_id VARCHAR,
  request_id VARCHAR,
  resource_id VARCHAR,
  user_id VARCHAR,
  organization_id VARCHAR,
  conversation_id VARCHAR,
  service_name VARCHAR,
  environment VARCHAR,
  tags JSON,
  metadata JSON,
  model VARCHAR,
  request_model VARCHAR,
  provider VARCHAR,
  input_tokens BIGINT,
  output_tokens BIGINT,
  cached_input_tokens BIGINT,
  cache_write_tokens BIGINT,
  reasoning_tokens BIGINT,
  cost_usd DOUBLE,
  cost_source VARCHAR,
  time_to_first_token BIGINT,
  tool_name VARCHAR,
  agent_name VARCHAR,
  attributes JSON,
  events JSON,
  links JSON,
  resource JSON,
  dropped JSON,
  trace_key BIGINT,
  entry_key BIGINT,
  replayed BOOLEAN,
  input_size BIGINT,
  output_size BIGINT,
  attributes_size BIGINT,
  in_sessions BOOLEAN,
  messages JSON,
  word_block BIGINT
);


-- mastra_ai_spans_words

CREATE TABLE mastra_ai_spans_words(
  block BIGINT,
  earliest BIGINT,
  latest BIGINT,
  slice UTINYINT,
  bits BLOB
);
