/**
 * Records of fields that are known to be valid. The constructors of the classes check every field, which costs more than
 * a whole span may; these give the same instances, in one shape of object, and leave out what is `undefined`.
 */
import type { LogRecord } from "../LogRecord.js"
import { unchecked } from "../Signal.js"
import type { SpanRecord } from "../SpanRecord.js"
import { signals } from "../signals.js"

export type SpanFields = ConstructorParameters<typeof SpanRecord>[0]
export type LogFields = ConstructorParameters<typeof LogRecord>[0]

export const unsafeSpan: (fields: SpanFields) => SpanRecord = unchecked(signals.spans)
export const unsafeLog: (fields: LogFields) => LogRecord = unchecked(signals.logs)
