import type { Target } from "./fuzz.js"
import { baggage } from "./targets/baggage.js"
import { clickhouseAnswer } from "./targets/clickhouseAnswer.js"
import { environment } from "./targets/environment.js"
import { mask } from "./targets/mask.js"
import { otlpAnswer } from "./targets/otlpAnswer.js"
import { pattern } from "./targets/pattern.js"
import { spool } from "./targets/spool.js"
import { traceContext } from "./targets/traceContext.js"

export const targets: ReadonlyArray<Target> = [
  traceContext,
  baggage,
  otlpAnswer,
  spool,
  pattern,
  mask,
  environment,
  clickhouseAnswer
]
