import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Option, Redacted } from "effect"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { log, span } from "../../../src/testing/Records.js"
import * as ClickhouseServer from "../../utils/clickhouseServer.js"
import { describeEngine } from "../../utils/describeEngine.js"

const path = mkdtempSync(join(tmpdir(), "clickhouse-http-"))
process.once("exit", () => rmSync(path, { recursive: true, force: true }))

const storesAndReads = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  const [aSpan, aLog] = [span({ sessionId: "s", attributes: { text: "é".repeat(100_000) } }), log({ sessionId: "s" })]
  yield* storage.insertSpans([aSpan])
  yield* storage.insertLogs([aLog])
  assert.deepStrictEqual(yield* storage.getSpan(aSpan), Option.some(aSpan))
  assert.deepStrictEqual((yield* storage.listLogs()).items, [aLog])
})

describeEngine("ClickhouseStorage over HTTP", () => {
  it.scopedLive("layer stores and reads with a user and a password", () =>
    Effect.gen(function* () {
      const { password, url, username } = yield* ClickhouseServer.make({ path })
      const layer = ClickhouseStorage.layer({
        url,
        username,
        password: Redacted.make(password),
        tablePrefix: "layer_",
        connect: "eager"
      })
      yield* Effect.provide(storesAndReads, layer)
    })
  )

  it.scopedLive("layerConfig takes all of it from the configuration", () =>
    Effect.gen(function* () {
      const { password, url, username } = yield* ClickhouseServer.make({ path })
      const layer = ClickhouseStorage.layerConfig({
        url: Config.string("URL"),
        username: Config.string("USER"),
        password: Config.redacted("PASSWORD"),
        tablePrefix: Config.succeed("config_"),
        connect: Config.succeed("eager" as const)
      })
      const env = new Map(Object.entries({ URL: url, USER: username, PASSWORD: password }))
      yield* Effect.provide(storesAndReads, layer).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(env)))
    })
  )

  it.scopedLive("asyncInsert is asked for, and what was inserted can be read at once", () =>
    Effect.gen(function* () {
      const { password, seen, url, username } = yield* ClickhouseServer.make({ path })
      const layer = ClickhouseStorage.layer({
        url,
        username,
        password: Redacted.make(password),
        tablePrefix: "async_",
        asyncInsert: true
      })
      yield* Effect.provide(storesAndReads, layer)
      const insert = seen.find(({ query }) => query.endsWith("FORMAT RowBinary"))
      assert.strictEqual(insert?.settings.get("async_insert"), "1")
      assert.strictEqual(insert?.settings.get("wait_for_async_insert"), "1")
    })
  )

  it.scopedLive("its connections do not keep a process alive that forgets to close its layer", () =>
    Effect.gen(function* () {
      const { password, url, username } = yield* ClickhouseServer.make({ path })
      const options = { url, username, tablePrefix: "forgotten_" }
      const script = `
        import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
        import { Observability } from "./src/index.js"
        import { ClickhouseStorage } from "./src/clickhouse.js"
        const options = { ...${JSON.stringify(options)}, password: Redacted.make(${JSON.stringify(password)}) }
        const live = Layer.provide(Observability.layer({ serviceName: "t" }), ClickhouseStorage.layer(options))
        await ManagedRuntime.make(live).runPromise(Effect.withSpan(Effect.void, "work"))`
      const ended = yield* Effect.async<unknown>((resume) => {
        execFile(
          process.execPath,
          ["--import", "tsx", "--input-type=module", "-e", script],
          { timeout: 30_000 },
          (error, _, stderr) => resume(Effect.succeed([error, stderr]))
        )
      })
      assert.deepStrictEqual(ended, [null, ""])
      const storage = yield* ClickhouseStorage.make({ ...options, password: Redacted.make(password) })
      assert.deepStrictEqual(
        (yield* storage.listSpans()).items.map(({ name }) => name),
        ["work"]
      )
    })
  )
})
