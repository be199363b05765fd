/** What the agent can do: the tools of an airline's support desk, as the model sees them. */
import { Tool, Toolkit } from "@effect/ai"
import { Schema } from "effect"

/** A refusal that the model reads and can act on: a full flight, an unknown reservation, a card without funds. */
export class ToolError extends Schema.TaggedError<ToolError>()("ToolError", { message: Schema.String }) {}

const tool = <const Name extends string, Parameters extends Schema.Struct.Fields>(
  name: Name,
  description: string,
  parameters: Parameters
) => Tool.make(name, { description, parameters, success: Schema.String, failure: ToolError, failureMode: "return" })

const Cabin = Schema.Literal("basic_economy", "economy", "business")
const Flights = Schema.Array(Schema.Struct({ flight_number: Schema.String, date: Schema.String }))
const Passengers = Schema.Array(
  Schema.Struct({ first_name: Schema.String, last_name: Schema.String, dob: Schema.String })
)
const Route = { origin: Schema.String, destination: Schema.String, date: Schema.String }
const Baggages = { total_baggages: Schema.Int, nonfree_baggages: Schema.Int }

export class AirlineTools extends Toolkit.make(
  tool("get_user_details", "The profile of a customer", { user_id: Schema.String }),
  tool("get_reservation_details", "A reservation with its flights", { reservation_id: Schema.String }),
  tool("list_all_airports", "The airports that are served", {}),
  tool("search_direct_flight", "The direct flights of a day", Route),
  tool("search_onestop_flight", "The connections of a day with one stop", Route),
  tool("book_reservation", "Books flights", {
    user_id: Schema.String,
    origin: Schema.String,
    destination: Schema.String,
    flight_type: Schema.Literal("one_way", "round_trip"),
    cabin: Cabin,
    flights: Flights,
    passengers: Passengers,
    payment_methods: Schema.Array(Schema.Struct({ payment_id: Schema.String, amount: Schema.Number })),
    ...Baggages,
    insurance: Schema.Literal("yes", "no")
  }),
  tool("update_reservation_flights", "Changes the flights or the cabin of a reservation", {
    reservation_id: Schema.String,
    cabin: Cabin,
    flights: Flights,
    payment_id: Schema.String
  }),
  tool("update_reservation_baggages", "Changes the bags of a reservation", {
    reservation_id: Schema.String,
    ...Baggages,
    payment_id: Schema.String
  }),
  tool("update_reservation_passengers", "Changes who travels", {
    reservation_id: Schema.String,
    passengers: Passengers
  }),
  tool("cancel_reservation", "Cancels a reservation and refunds it", { reservation_id: Schema.String }),
  tool("send_certificate", "Gives a customer a travel certificate", { user_id: Schema.String, amount: Schema.Number }),
  tool("calculate", "Evaluates an arithmetic expression", { expression: Schema.String }),
  tool("think", "Notes a thought, and changes nothing", { thought: Schema.String }),
  tool("transfer_to_human_agents", "Hands the conversation over to a person", { summary: Schema.String })
) {}
