/** The two formats of OTLP/HTTP. A request is encoded in parts, between which the event loop turns. */
import type { Envelope } from "./messages.js"
import * as Protobuf from "./protobuf.js"

export interface Format {
  readonly contentType: string
  /** Writes some of the resources of a request. */
  readonly part: (envelope: Envelope, resources: ReadonlyArray<object>) => Uint8Array
  /** Makes a request of its parts. */
  readonly join: (envelope: Envelope, parts: ReadonlyArray<Uint8Array>) => Uint8Array
}

export const json: Format = {
  contentType: "application/json",
  part: (_, resources) => Buffer.from(JSON.stringify(resources).slice(1, -1)),
  join: (envelope, parts) =>
    Buffer.concat([
      Buffer.from(`{"${envelope}":[`),
      ...parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from(","), part])),
      Buffer.from("]}")
    ])
}

export const protobuf: Format = {
  contentType: "application/x-protobuf",
  part: (envelope, resources) => Protobuf.encode(envelope, resources),
  // Repeated fields may stand anywhere in a message: messages behind one another are one.
  join: (_, parts) => Buffer.concat(parts)
}
