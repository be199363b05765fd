/** The timetable: another service, which the airline asks over HTTP. */
import { createServer } from "node:http"
import {
  FetchHttpClient,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  HttpMiddleware,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Ref, Schedule, Schema } from "effect"
import { HttpPropagation } from "effect-observability/http"
import { ToolError } from "./Tools.js"

const cabins = <A, I>(value: Schema.Schema<A, I>) =>
  Schema.Struct({ basic_economy: value, economy: value, business: value })

const Flight = Schema.Struct({
  flight_number: Schema.String,
  origin: Schema.String,
  destination: Schema.String,
  departs: Schema.String,
  arrives: Schema.String,
  seats: cabins(Schema.Int),
  prices: cabins(Schema.Int)
})

type Flight = typeof Flight.Type
export type Cabin = keyof Flight["prices"]

/** Which flights: those of which all holds that is said. */
const Wanted = Schema.Struct({
  flight_number: Schema.optional(Schema.String),
  origin: Schema.optional(Schema.String),
  destination: Schema.optional(Schema.String)
})

/** What the airline can ask. */
export type Timetable = Effect.Effect.Success<ReturnType<typeof connect>>

/**
 * Starts the service, until the scope closes, and connects to it. It is somebody else's: what it does is not recorded. Its
 * first request is answered with 503, and asked again.
 */
export const start = Effect.gen(function* () {
  const server = yield* Layer.build(ServerLive)
  return yield* Effect.provide(HttpServer.addressFormattedWith(connect), server)
})

const connect = Effect.fnUntraced(
  function* (url: string) {
    const client = (yield* HttpClient.HttpClient).pipe(
      HttpClient.mapRequest(HttpClientRequest.prependUrl(url)),
      HttpClient.filterStatusOk,
      HttpClient.retryTransient({ times: 2, schedule: Schedule.spaced("20 millis") })
    )
    const ask = <A, I>(path: string, answer: Schema.Schema<A, I>) => {
      const decoded = HttpClientResponse.schemaBodyJson(answer)
      return (wanted: typeof Wanted.Type) =>
        client.get(path, { urlParams: wanted }).pipe(
          Effect.flatMap(decoded),
          Effect.mapError(({ message }) => new ToolError({ message: `the timetable does not answer: ${message}` }))
        )
    }
    return {
      flights: ask("/flights", Schema.Array(Flight)),
      /** Two flights each, with a stop between them. */
      connections: ask("/connections", Schema.Array(Schema.Tuple(Flight, Flight)))
    }
  },
  Effect.provide(HttpPropagation.layerClient().pipe(Layer.provide(FetchHttpClient.layer)))
)

const ServerLive = Layer.unwrapEffect(
  Effect.gen(function* () {
    const isWarm = yield* Ref.make(false)
    const wanted = HttpServerRequest.schemaSearchParams(Wanted)
    const router = HttpRouter.empty.pipe(
      HttpRouter.get(
        "/flights",
        Effect.flatMap(wanted, (wanted) => HttpServerResponse.json(flightsOf(wanted)))
      ),
      HttpRouter.get(
        "/connections",
        Effect.flatMap(wanted, (wanted) => HttpServerResponse.json(connectionsOf(wanted)))
      ),
      HttpRouter.use((app) =>
        Effect.flatMap(Ref.getAndSet(isWarm, true), (isWarm) =>
          isWarm ? app : HttpServerResponse.empty({ status: 503 })
        )
      )
    )
    return HttpServer.serve(router)
  })
).pipe(
  HttpMiddleware.withTracerDisabledWhen(() => true),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
)

const flightsOf = ({ destination, flight_number, origin }: typeof Wanted.Type) =>
  timetable.filter(
    (flight) =>
      (flight_number === undefined || flight.flight_number === flight_number) &&
      (origin === undefined || flight.origin === origin) &&
      (destination === undefined || flight.destination === destination)
  )

const connectionsOf = ({ destination, origin }: typeof Wanted.Type) =>
  Object.keys(airports).flatMap((stop) =>
    flightsOf({ origin, destination: stop }).flatMap((first) =>
      flightsOf({ origin: stop, destination })
        .filter(({ departs }) => departs > first.arrives)
        .map((second) => [first, second])
    )
  )

export const airports = { LIS: "Lisbon", MAD: "Madrid", CPH: "Copenhagen", HEL: "Helsinki" }

const flight = (
  flight_number: string,
  [origin, destination]: [keyof typeof airports, keyof typeof airports],
  [departs, arrives]: [string, string],
  economy: number,
  seats = 9
): Flight => ({
  flight_number,
  origin,
  destination,
  departs,
  arrives,
  seats: { basic_economy: seats, economy: seats, business: 2 },
  prices: { basic_economy: economy - 40, economy, business: economy * 3 }
})

/** The same every day. */
const timetable = [
  flight("NL101", ["LIS", "MAD"], ["07:10", "09:30"], 90),
  flight("NL102", ["LIS", "MAD"], ["18:40", "21:00"], 120),
  flight("NL201", ["MAD", "CPH"], ["11:15", "14:35"], 160),
  flight("NL202", ["MAD", "CPH"], ["16:05", "19:25"], 140, 0),
  flight("NL301", ["CPH", "HEL"], ["08:00", "10:40"], 110),
  flight("NL302", ["HEL", "CPH"], ["17:20", "18:00"], 110),
  flight("NL401", ["LIS", "CPH"], ["06:30", "11:05"], 310)
]
