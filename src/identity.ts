/**
 * Sessions and traces, for front ends and workers too: what it takes to make an id and a header. It loads `effect` alone, and
 * nothing of Node. The root entry has these modules as well.
 *
 * @since 0.1.0
 */

/** W3C baggage: named values that travel with a request, the session among them. */
export * as Baggage from "./identity/Baggage.js"
/** The session of what runs: its id, and how work is done in it. */
export * as SessionId from "./identity/SessionId.js"
/** W3C trace context: the trace of a piece of work, as headers tell it. */
export * as TraceContext from "./identity/TraceContext.js"
/** The thread, run and request of what runs, its user, and its labels. */
export * as TracingOptions from "./identity/TracingOptions.js"
