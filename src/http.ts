/**
 * A session across HTTP.
 *
 * @since 0.1.0
 */
export * as HttpPropagation from "./propagation/HttpPropagation.js"
