/**
 * A session across HTTP.
 *
 * @since 0.1.0
 */
/** A session across HTTP, by `HttpClient` and `HttpServer` of `@effect/platform`. */
export * as HttpPropagation from "./propagation/HttpPropagation.js"
