/** `--open`: what a browser is given. A program on PATH stands for the browser. */
import { spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { folder } from "../utils/folder.js"
import { built, started } from "./utils.js"

/** A folder for PATH in which `xdg-open` writes down what it is given, and ends with a code. */
const browser = (code = 0) =>
  Effect.map(folder, (path) => {
    const bin = `${path}/bin`
    mkdirSync(bin)
    writeFileSync(
      `${bin}/xdg-open`,
      `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > "$OPENED.new"\n/bin/mv "$OPENED.new" "$OPENED"\nexit ${code}\n`
    )
    chmodSync(`${bin}/xdg-open`, 0o755)
    const opened = `${path}/opened`
    return { path, env: { PATH: bin, OPENED: opened }, given: existing(opened) }
  })

const existing = (path: string) =>
  Effect.suspend(() =>
    existsSync(path) ? Effect.succeed(readFileSync(path, "utf8").trim().split("\n")) : Effect.fail("nothing yet")
  ).pipe(Effect.retry(Schedule.spaced("20 millis")), Effect.timeout("10 seconds"))

/** Whether this machine opens addresses as the tests expect. */
const describeLinux = describe.skipIf(process.platform !== "linux")

describeLinux("serve --open", () => {
  it.live("gives the browser the address that it prints", () =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* built
        const { env, given, path } = yield* browser()
        const server = yield* started(["serve", "--db", `${path}/a.duckdb`, "--port", "0", "--open"], { env })
        const [url] = yield* server.printed(/http:\/\/127\.0\.0\.1:\d+/)
        assert.deepStrictEqual(yield* given, ["1", `${url}/`])
        assert.strictEqual(yield* server.end("SIGTERM"), 0)
      })
    )
  )

  it.live(
    "gives it the token, in an address that lets it in, and prints none; from everywhere it goes to this machine",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          yield* built
          const { env, given, path } = yield* browser()
          const token = "a&b=c#d%25+e/f?g"
          const server = yield* started(
            ["serve", "--db", `${path}/a.duckdb`, "--port", "0", "--host", "0.0.0.0", "--open"],
            { env: { ...env, EFFECT_OBSERVABILITY_TOKEN: token } }
          )
          const [count, url = ""] = yield* given
          assert.strictEqual(count, "1")
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/\?token=/)
          assert.strictEqual(new URL(url).searchParams.get("token"), token)
          const { headers, status } = yield* Effect.promise(() => fetch(url, { redirect: "manual" }))
          assert.strictEqual(status, 303)
          assert.match(headers.get("set-cookie") ?? "", /HttpOnly/)
          assert.notInclude(server.text(), token)
          assert.strictEqual(yield* server.end("SIGTERM"), 0)
        })
      )
  )

  it.live("goes on where there is no browser, and where it fails", () =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* built
        const { env, given, path } = yield* browser(3)
        const args = (name: string) => ["serve", "--db", `${path}/${name}.duckdb`, "--port", "0", "--open"]
        const failing = yield* started(args("a"), { env })
        const none = yield* started(args("b"), { env: { PATH: "/nowhere" } })
        yield* given
        for (const server of [failing, none]) {
          const [url] = yield* server.printed(/http:\/\/127\.0\.0\.1:\d+/)
          const { status } = yield* Effect.promise(() => fetch(`${url}/api/stats`))
          assert.strictEqual(status, 200)
          assert.strictEqual(yield* server.end("SIGTERM"), 0, server.text())
        }
      })
    )
  )
})

describeLinux("npm run demo -- --open", () => {
  it.live(
    "serves what it recorded to a browser, until Ctrl-C",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { env, given, path } = yield* browser()
          const main = fileURLToPath(new URL("../../docs/examples/airline/main.ts", import.meta.url))
          const ended = yield* demonstration(main, `${path}/demo.duckdb`, env)
          const [, url = ""] = yield* Effect.retry(given, Schedule.recurs(5))
          const sessions = yield* Effect.promise(() =>
            fetch(`${url}api/listSessions`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: "{}"
            }).then((answer) => answer.json() as Promise<{ readonly items: ReadonlyArray<object> }>)
          )
          assert.strictEqual(sessions.items.length, 3)
          yield* ended("SIGINT")
          const gone = yield* Effect.exit(Effect.tryPromise(() => fetch(url)))
          assert.strictEqual(gone._tag, "Failure")
        })
      ),
    60_000
  )
})

/** Starts it in a process group of its own, as a terminal does; gives how it is asked to end. */
const demonstration = (main: string, db: string, env: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", main, "--db", db, "--open"], {
          env: { ...process.env, ...env },
          stdio: "ignore",
          detached: true
        })
      ),
      ({ pid }) => Effect.ignore(Effect.try(() => process.kill(-Number(pid), "SIGKILL")))
    ),
    (child) => (signal: NodeJS.Signals) =>
      Effect.async<void>((resume) => {
        child.once("close", () => resume(Effect.void))
        process.kill(-Number(child.pid), signal)
      })
  )
