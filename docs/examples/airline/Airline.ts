/**
 * A small airline in memory: what the tools work on when no recording answers for them. Flights are another service's, and
 * tickets come by a workflow.
 */
import { WorkflowEngine } from "@effect/workflow"
import { Effect, Layer } from "effect"
import * as Ticketing from "./Ticketing.js"
import { airports, type Cabin, type Timetable } from "./Timetable.js"
import { AirlineTools, ToolError } from "./Tools.js"

interface User {
  readonly user_id: string
  readonly name: string
  readonly payment_methods: Record<string, number>
}

interface Reservation {
  readonly reservation_id: string
  readonly user_id: string
  readonly cabin: Cabin
  readonly flights: ReadonlyArray<{ readonly flight_number: string; readonly date: string }>
  readonly passengers: ReadonlyArray<{ readonly first_name: string; readonly last_name: string; readonly dob: string }>
  readonly price: number
  readonly payment_id: string
  readonly total_baggages: number
  readonly nonfree_baggages: number
  readonly status: "booked" | "cancelled"
}

export const make = (timetable: Timetable) =>
  AirlineTools.toLayer(
    Effect.gen(function* () {
      const engine = yield* WorkflowEngine.WorkflowEngine
      const users = new Map(customers.map((user) => [user.user_id, user]))
      const reservations = new Map(booked.map((reservation) => [reservation.reservation_id, reservation]))

      const price = (flights: Reservation["flights"], cabin: Cabin, passengers: number) =>
        Effect.forEach(flights, ({ flight_number }) =>
          Effect.flatMap(timetable.flights({ flight_number }), ([flight]) =>
            flight === undefined ? refuse(`there is no flight ${flight_number}`) : Effect.succeed(flight)
          )
        ).pipe(
          Effect.filterOrElse(
            (flights) => flights.every(({ seats }) => seats[cabin] >= passengers),
            () => refuse(`there are not enough free seats in ${cabin}`)
          ),
          Effect.map((flights) => flights.reduce((sum, { prices }) => sum + prices[cabin] * passengers, 0))
        )

      /** Takes an amount from a payment method; a negative one is a refund. */
      const pay = Effect.fnUntraced(function* (userId: string, paymentId: string, amount: number) {
        const user = yield* find(users, "customer", userId)
        const balance = user.payment_methods[paymentId]
        if (balance === undefined) {
          return yield* refuse(`the customer has no payment method ${paymentId}`)
        }
        if (balance < amount) {
          return yield* refuse(`${paymentId} holds ${balance}, and ${amount} are due`)
        }
        users.set(userId, { ...user, payment_methods: { ...user.payment_methods, [paymentId]: balance - amount } })
      })

      const update = Effect.fnUntraced(function* (
        id: string,
        change: (reservation: Reservation) => Effect.Effect<Partial<Reservation>, ToolError>
      ) {
        const reservation = yield* find(reservations, "reservation", id)
        const updated = { ...reservation, ...(yield* change(reservation)) }
        reservations.set(id, updated)
        return JSON.stringify(updated)
      })

      return AirlineTools.of({
        get_user_details: ({ user_id }) => Effect.map(find(users, "customer", user_id), json),
        get_reservation_details: ({ reservation_id }) =>
          Effect.map(find(reservations, "reservation", reservation_id), json),
        list_all_airports: () => Effect.succeed(json(airports)),
        search_direct_flight: ({ destination, origin }) => Effect.map(timetable.flights({ destination, origin }), json),
        search_onestop_flight: ({ destination, origin }) =>
          Effect.map(timetable.connections({ destination, origin }), json),
        book_reservation: Effect.fnUntraced(function* ({
          cabin,
          flights,
          passengers,
          payment_methods,
          user_id,
          ...rest
        }) {
          const due =
            (yield* price(flights, cabin, passengers.length)) +
            rest.nonfree_baggages * pricePerBag +
            (rest.insurance === "yes" ? passengers.length * pricePerInsurance : 0)
          const offered = payment_methods.reduce((sum, { amount }) => sum + amount, 0)
          const [payment] = payment_methods
          if (payment === undefined || offered !== due) {
            return yield* refuse(`${due} are due, and ${offered} are offered`)
          }
          yield* Effect.forEach(payment_methods, ({ amount, payment_id }) => pay(user_id, payment_id, amount))
          const reservation: Reservation = {
            reservation_id: `NEW${reservations.size}`,
            user_id,
            cabin,
            flights,
            passengers,
            price: due,
            payment_id: payment.payment_id,
            total_baggages: rest.total_baggages,
            nonfree_baggages: rest.nonfree_baggages,
            status: "booked"
          }
          reservations.set(reservation.reservation_id, reservation)
          yield* Ticketing.Ticketing.execute({ reservation_id: reservation.reservation_id }).pipe(
            Effect.provideService(WorkflowEngine.WorkflowEngine, engine)
          )
          return json(reservation)
        }),
        update_reservation_flights: ({ cabin, flights, payment_id, reservation_id }) =>
          update(
            reservation_id,
            Effect.fnUntraced(function* (reservation) {
              const due = yield* price(flights, cabin, reservation.passengers.length)
              yield* pay(reservation.user_id, payment_id, due - reservation.price)
              return { cabin, flights, price: due, payment_id }
            })
          ),
        update_reservation_baggages: ({ nonfree_baggages, payment_id, reservation_id, total_baggages }) =>
          update(reservation_id, (reservation) =>
            Effect.as(
              pay(reservation.user_id, payment_id, (nonfree_baggages - reservation.nonfree_baggages) * pricePerBag),
              { total_baggages, nonfree_baggages }
            )
          ),
        update_reservation_passengers: ({ passengers, reservation_id }) =>
          update(reservation_id, (reservation) =>
            passengers.length === reservation.passengers.length
              ? Effect.succeed({ passengers })
              : refuse("the number of passengers cannot change")
          ),
        cancel_reservation: ({ reservation_id }) =>
          update(reservation_id, (reservation) =>
            reservation.cabin === "basic_economy"
              ? refuse("basic economy is not refundable")
              : Effect.as(pay(reservation.user_id, reservation.payment_id, -reservation.price), {
                  status: "cancelled" as const
                })
          ),
        send_certificate: ({ amount, user_id }) =>
          Effect.map(find(users, "customer", user_id), (user) => {
            const certificate = `certificate_${Object.keys(user.payment_methods).length}`
            users.set(user_id, { ...user, payment_methods: { ...user.payment_methods, [certificate]: amount } })
            return `${certificate} of ${amount} was sent to ${user_id}`
          }),
        calculate: ({ expression }) =>
          /^[\d\s.()+*/-]+$/.test(expression)
            ? Effect.try({
                try: () => String(Function(`return (${expression})`)()),
                catch: () => new ToolError({ message: `cannot evaluate ${expression}` })
              })
            : refuse("only numbers, + - * / and brackets can be evaluated"),
        think: () => Effect.succeed(""),
        transfer_to_human_agents: () => Effect.succeed("The conversation was handed over")
      })
    })
  ).pipe(Layer.provide(Ticketing.layer))

const json = (value: unknown) => JSON.stringify(value)

const refuse = (message: string) => Effect.fail(new ToolError({ message }))

const find = <A>(all: ReadonlyMap<string, A>, kind: string, id: string): Effect.Effect<A, ToolError> => {
  const found = all.get(id)
  return found === undefined ? refuse(`there is no ${kind} ${id}`) : Effect.succeed(found)
}

const pricePerBag = 50
const pricePerInsurance = 30

const customers: ReadonlyArray<User> = [
  { user_id: "ines_duarte", name: "Inês Duarte", payment_methods: { gift_card_31: 20, credit_card_77: 5000 } },
  { user_id: "aksel_holm", name: "Aksel Holm", payment_methods: { credit_card_12: 5000 } },
  { user_id: "veera_salo", name: "Veera Salo", payment_methods: { certificate_5: 150, credit_card_40: 5000 } }
]

const booked: ReadonlyArray<Reservation> = [
  {
    reservation_id: "QK4T7M",
    user_id: "ines_duarte",
    cabin: "economy",
    flights: [{ flight_number: "NL101", date: "2026-06-12" }],
    passengers: [{ first_name: "Inês", last_name: "Duarte", dob: "1988-02-17" }],
    price: 90,
    payment_id: "credit_card_77",
    total_baggages: 1,
    nonfree_baggages: 0,
    status: "booked"
  },
  {
    reservation_id: "ZP9C2L",
    user_id: "aksel_holm",
    cabin: "basic_economy",
    flights: [{ flight_number: "NL301", date: "2026-06-03" }],
    passengers: [{ first_name: "Aksel", last_name: "Holm", dob: "1975-09-30" }],
    price: 70,
    payment_id: "credit_card_12",
    total_baggages: 0,
    nonfree_baggages: 0,
    status: "booked"
  }
]
