import type { Target } from "./fuzz.js"
import { baggage } from "./targets/baggage.js"
import { clickhouseAnswer } from "./targets/clickhouseAnswer.js"
import { duckdbRows } from "./targets/duckdbRows.js"
import { environment } from "./targets/environment.js"
import { mask } from "./targets/mask.js"
import { otlpAnswer } from "./targets/otlpAnswer.js"
import { otlpRequest } from "./targets/otlpRequest.js"
import { pattern } from "./targets/pattern.js"
import { remoteAnswer } from "./targets/remoteAnswer.js"
import { spool } from "./targets/spool.js"
import { spoolFolder } from "./targets/spoolFolder.js"
import { traceContext } from "./targets/traceContext.js"

export const targets: ReadonlyArray<Target> = [
  traceContext,
  baggage,
  otlpAnswer,
  otlpRequest,
  spool,
  spoolFolder,
  pattern,
  mask,
  environment,
  clickhouseAnswer,
  remoteAnswer,
  duckdbRows
]
