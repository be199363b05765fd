/** The parts of a response of `@effect/ai`, and what they say: decoded or as the provider gave them. */
import type { Response } from "@effect/ai"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as genAi from "../../signal/conventions/genAi.js"
import * as attributes from "./attributes.js"
import * as messages from "./messages.js"
import { tokensOf } from "./usage.js"

type Parts = ReadonlyArray<Response.AnyPart>

/** The word of the conventions for a reason; one that they lack stays as it is. */
export const toFinishReason = (reason: string): string =>
  reason === "tool-calls" ? "tool_call" : reason === "content-filter" ? "content_filter" : reason

/** Whether a part is kept also where content is not recorded. */
export const isSummary = (part: Response.AnyPart): boolean =>
  part.type === "finish" || part.type === "response-metadata"

/** Whether the model has said something with a part: what announces a part to come does not count. */
export const isOutput = (part: Response.AnyPart): boolean => {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
    case "tool-params-delta":
      return part.delta !== ""
    case "text":
    case "reasoning":
    case "file":
    case "source":
    case "tool-params-start":
    case "tool-call":
      return true
    default:
      return false
  }
}

/** The attributes of a response. `reasonSaid` is what the provider put on the span itself. */
export const toAttributes = (parts: Parts, captureContent: boolean, reasonSaid: unknown, broken: boolean) => {
  const finish = parts.findLast((part) => part.type === "finish")
  const metadata = parts.findLast((part) => part.type === "response-metadata")
  const reason = broken && finish === undefined ? "error" : reasonOf(finish?.reason, reasonSaid)
  const said = attributes.ofResponse({
    id: textOf(metadata?.id),
    model: textOf(metadata?.modelId),
    finishReasons: reason === undefined ? undefined : [reason],
    ...(finish && tokensOf(finish))
  })
  // The package of Bedrock says that it is Anthropic, whichever model it runs.
  if (Predicate.hasProperty(finish?.metadata, "bedrock")) Object.assign(said, { [genAi.provider]: "aws.bedrock" })
  return { said, content: captureContent ? attributes.lazily(() => messages.ofResponse(parts, reason)) : undefined }
}

/** `@effect/ai` has "unknown" for a word that it does not know: the provider's own says more. */
const reasonOf = (reason: string | undefined, said: unknown): string | undefined => {
  const own = Array.isArray(said) && typeof said[0] === "string" ? said[0] : undefined
  return reason === undefined || reason === "unknown" || reason === "other" ? (own ?? reason) : toFinishReason(reason)
}

const textOf = (value: unknown): string | undefined => {
  const text = Option.isOption(value) ? Option.getOrUndefined(value) : value
  return typeof text === "string" ? text : undefined
}

/** The parts that could not be decoded, which the error of the schema holds; none where the call failed otherwise. */
export const undecoded = (cause: Cause.Cause<unknown>): Parts => {
  for (const error of Cause.failures(cause)) {
    const reason = Predicate.hasProperty(error, "cause") ? error.cause : undefined
    if (!ParseResult.isParseError(reason) || !("actual" in reason.issue)) continue
    const { actual } = reason.issue
    const parts = Predicate.isIterable(actual) && typeof actual !== "string" ? Array.from(actual) : []
    if (parts.length > 0 && parts.every(isPart)) return parts
  }
  return []
}

const isPart = (value: unknown): value is Response.AnyPart =>
  Predicate.hasProperty(value, "type") && typeof value.type === "string"
