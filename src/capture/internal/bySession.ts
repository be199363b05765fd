/** A sampler that decides about sessions, asked about records that are no spans. */
import { globalValue } from "effect/GlobalValue"
import type { SessionId } from "../../identity/SessionId.js"
import type { Sampler } from "../Sampler.js"
import type { PropagatedSpan } from "./span.js"

const samplers: WeakMap<object, Sampler["shouldSample"]> = globalValue(
  "effect-observability/capture/bySession",
  () => new WeakMap()
)

/** Makes the sampler known to what goes the same way as the spans. */
export const set = (emitter: object, sample: Sampler["shouldSample"]): void => void samplers.set(emitter, sample)

/** Whether the sampler of those spans decides about sessions. */
export const has = (emitter: object): boolean => samplers.has(emitter)

/** Whether what is in a session is sampled; nothing where that is up to the span around it. */
export const isSampled = (
  emitter: object,
  sessionId: SessionId | undefined,
  around: PropagatedSpan | undefined
): boolean | undefined => {
  const sample = samplers.get(emitter)
  if (sample === undefined || sessionId === undefined) return undefined
  if (around !== undefined && (around.sessionId === sessionId || around.follows)) return undefined
  const { name = "", traceId = "", traceState } = around ?? {}
  return sample({ name, kind: "internal", traceId, sessionId, parent: around, traceState, attributes: {} })
}
