import type { JsonObject } from "../Json.js"

/** An event as records hold it: `JSON.stringify` alone can make nothing of its time. */
export class Event {
  constructor(
    readonly name: string,
    readonly time: bigint,
    readonly attributes: JsonObject
  ) {}

  toJSON() {
    const { attributes, name, time } = this
    return { name, time: String(time), attributes }
  }
}

/** The event of its fields. */
export const toEvent = ({ attributes, name, time }: Pick<Event, "name" | "time" | "attributes">): Event =>
  new Event(name, time, attributes)

/** Fields of a record, of which the events are made what records hold. */
export const withEvents = <A extends object>(fields: A): A => {
  const { events } = fields as { readonly events?: unknown }
  // Fields that nobody has checked yet may have anything for events.
  return Array.isArray(events) && events.some(isPlain)
    ? { ...fields, events: events.map((event) => (isPlain(event) ? toEvent(event) : event)) }
    : fields
}

const isPlain = (event: unknown): event is Event =>
  typeof event === "object" && event !== null && !(event instanceof Event)
