import type { SessionId } from "../../identity/SessionId.js"
import type { JsonObject } from "../../signal/Json.js"

/** Bounds on what one record may hold. */
export interface Limits {
  /** Attributes a span, event, link or log. */
  readonly attributeCount: number
  /** Characters of a value, counted over everything nested in it. */
  readonly attributeValueLength: number
  /** Characters of the JSON of one attribute of content, such as messages; else as many as any value may have. */
  readonly contentLength?: number | undefined
  /** Levels of nesting in a value. */
  readonly attributeDepth: number
  /** Events a span. */
  readonly eventCount: number
  /** Links a span. */
  readonly linkCount: number
}

/** The facts about a program that all of its records carry. */
export interface CaptureOptions {
  readonly serviceName: string
  readonly environment?: string | undefined
  readonly resource: JsonObject
  readonly organizationId?: string | undefined
  readonly userId?: string | undefined
  /** Stamped on records outside any session; never propagated. */
  readonly defaultSessionId?: SessionId | undefined
  readonly limits: Limits
  /** Whether of several layers over one program that say so, the innermost records alone. By default all of them record. */
  readonly isAlone?: boolean | undefined
}
