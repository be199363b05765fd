/** An answer of a server, whatever is left of it, is an answer or a `StorageError`. */
import { deepStrictEqual, ok } from "node:assert/strict"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Either, Option } from "effect"
import { apiVersion, versionHeader } from "../../../src/server/internal/status.js"
import { stringify } from "../../../src/server/internal/wire.js"
import * as RemoteStorage from "../../../src/server/RemoteStorage.js"
import { faultOf } from "../../../src/signal/Field.js"
import { fields } from "../../../src/signal/SpanRecord.js"
import { Storage, StorageError, type StorageService } from "../../../src/storage/Storage.js"
import { log, score, span } from "../../../src/testing/Records.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const traceId = "0af7651916cd43dd8448eb211c80319c"

const linesOf = (head: object, name: string, rows: ReadonlyArray<object>) =>
  `${JSON.stringify({ ...head, [name]: [] }).slice(0, -2)}${rows.map((row) => `\n${stringify(row)}`).join()}\n]}\n`

const tagged = (record: { readonly _tag: string; readonly toJSON: () => object }) => ({
  _tag: record._tag,
  ...record.toJSON()
})

type Ask = (storage: StorageService) => Effect.Effect<unknown, StorageError>

const questions: ReadonlyArray<readonly [ask: Ask, draw: (random: Random) => string]> = [
  [
    (storage) => storage.listSpans(),
    (random) =>
      linesOf(
        { nextCursor: "W10" },
        "items",
        random.several(3, () => span({ name: random.text(unusual, 20) }))
      )
  ],
  [(storage) => storage.getTrace(traceId), () => linesOf({ traceId, truncated: false }, "spans", [span(), span()])],
  [
    (storage) => storage.sessionTimeline({ sessionId: "s" }),
    () => linesOf({}, "items", [tagged(span()), tagged(log()), tagged(score())])
  ],
  [
    (storage) => storage.listSessions(),
    () =>
      linesOf({}, "items", [
        {
          ...{
            sessionId: "s",
            firstActivity: "1",
            lastActivity: "2",
            traces: 1,
            spans: 1,
            turns: 1,
            errors: 0,
            logs: 0
          },
          ...{ inputTokens: 0, outputTokens: 0, costUsd: 0.1, users: ["a"], models: [], agents: [], scores: {} }
        }
      ])
  ],
  [
    (storage) => storage.aggregate({ of: "spans", measures: { all: "count", longest: { max: "duration" } } }),
    () => linesOf({}, "rows", [{ group: {}, from: "1", to: "2", values: { all: 1, longest: "5" } }])
  ],
  [(storage) => storage.deleteSession("s"), () => `{"spans":1,"logs":0}\n`],
  [(storage) => storage.getSession("s"), () => "null\n"]
]

const draw = (random: Random) => {
  const [ask, whole] = random.pick(questions)
  const text = whole(random)
  return {
    ask,
    text,
    damaged: random.mutated(text, [...unusual, ...'{}[]":,0123456789\n', "null", "__proto__"]),
    status: random.pick([200, 200, 200, 400, 401, 404, 500, 503]),
    version: random.pick([apiVersion, apiVersion, apiVersion, "2", undefined])
  }
}

const answered = (ask: Ask, text: string, status: number, version: string | undefined) =>
  RemoteStorage.layerClient({ url: "http://localhost:4318" }).pipe(
    (layer) => Effect.flatMap(Storage, ask).pipe(Effect.provide(layer)),
    Effect.provideService(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.sync(() =>
          HttpClientResponse.fromWeb(
            request,
            new Response(text, { status, headers: version === undefined ? {} : { [versionHeader]: version } })
          )
        )
      )
    ),
    Effect.either,
    Effect.runPromise
  )

export const remoteAnswer = target("remoteAnswer", draw, async ({ ask, damaged, status, text, version }) => {
  ok(Either.isRight(await answered(ask, text, 200, apiVersion)), "what is whole is an answer")
  const answer = await answered(ask, damaged, status, version)
  if (Either.isLeft(answer)) return ok(answer.left instanceof StorageError)
  deepStrictEqual([status, version], [200, apiVersion])
  const { items = [] } = (Option.isOption(answer.right) ? {} : answer.right) as {
    readonly items?: ReadonlyArray<object>
  }
  for (const item of items) if ("spanId" in item && "kind" in item) deepStrictEqual(faultOf(fields, item), undefined)
})
