import { spawnSync } from "node:child_process"
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Console, Context, Effect, Layer } from "effect"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "../../docs/examples/airline/Demo.js"
import { holdInAnotherProcess } from "../utils/otherProcess.js"
import { log, score, span } from "../utils/records.js"
import { bin, built, inTerminal, run, started } from "./utils.js"

/** A folder with the file of the demonstration, and one of records that strangers made. */
class Files extends Context.Tag("Files")<
  Files,
  { readonly folder: string; readonly airline: string; readonly hostile: string }
>() {}

const hostileText = "\u001b[2J\u001b]0;owned\u0007red \u202ereversed\u202c 東京 👩‍👩‍👧 e\u0301 \u0000end"

const files = Layer.scoped(
  Files,
  Effect.gen(function* () {
    yield* built
    const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    const airline = `${folder}/airline.duckdb`
    const hostile = `${folder}/hostile.duckdb`
    const console = yield* Console.consoleWith(Effect.succeed)
    yield* demo({
      transcript: "docs/examples/airline/transcript.json",
      tools: "live",
      storage: DuckDbStorage.layer({ path: airline })
    }).pipe(Console.withConsole({ ...console, log: () => Effect.void }))
    yield* Effect.scoped(
      Effect.gen(function* () {
        const storage = yield* DuckDbStorage.make({ path: hostile })
        yield* storage.insertSpans([
          span({ name: hostileText, sessionId: "hostile", statusMessage: hostileText, status: "error" }),
          span({
            name: "exact",
            sessionId: "exact",
            startTime: 1_750_000_000_123_456_789n,
            endTime: 1_750_000_000_123_456_790n,
            attributes: { "gen_ai.prompt": hostileText }
          })
        ])
        yield* storage.insertLogs([log({ message: hostileText, sessionId: "hostile" })])
        yield* storage.insertScores([score({ name: hostileText, sessionId: "hostile" })])
      })
    )
    return { folder, airline, hostile }
  })
).pipe(Layer.provide(NodeContext.layer))

/** A character that a terminal obeys, or by which it turns a line around. */
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const linesOf = (text: string) => text.trimEnd().split("\n")

describe("effect-observability", () => {
  layer(files, { excludeTestServices: true, timeout: "120 seconds" })((it) => {
    it.effect("lists all sessions of a file, the newest first", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const { code, stdout } = yield* run(["sessions", "--db", airline, "--json"])
        const users = linesOf(stdout).map((line) => JSON.parse(line).users[0])
        assert.deepStrictEqual([code, users], [0, ["veera_salo", "aksel_holm", "ines_duarte"]])
      })
    )

    it.effect("has exact numbers in JSON", () =>
      Effect.gen(function* () {
        const { hostile } = yield* Files
        const { stdout } = yield* run(["spans", "--db", hostile, "--name", "exact", "--json"])
        const { endTime, startTime } = JSON.parse(stdout)
        assert.deepStrictEqual([startTime, endTime], ["1750000000123456789", "1750000000123456790"])
        const { stdout: found } = yield* run(["spans", "--db", hostile, "--from", startTime, "--to", endTime, "--json"])
        assert.strictEqual(linesOf(found).length, 1)
      })
    )

    it.effect("goes on after a cursor, also with --since, and shows nothing twice", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        for (const times of [[], ["--since", "20000d"]]) {
          const ids: Array<string> = []
          let cursor: ReadonlyArray<string> = []
          for (let page = 0; page < 20; page++) {
            const { code, stderr, stdout } = yield* run([
              "logs",
              "--db",
              airline,
              "--limit",
              "10",
              "--json",
              ...times,
              ...cursor
            ])
            assert.strictEqual(code, 0, stderr)
            ids.push(...linesOf(stdout).map((line) => JSON.parse(line).logId))
            const next = /--cursor (\S+)/.exec(stderr)?.[1]
            if (next === undefined) break
            cursor = ["--cursor", next]
          }
          assert.deepStrictEqual([ids.length, new Set(ids).size], [37, 37])
        }
      })
    )

    it.effect("asks what filters say", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const count = (...args: ReadonlyArray<string>) =>
          Effect.map(run([...args, "--db", airline, "--json", "--all"]), ({ code, stderr, stdout }) => {
            assert.strictEqual(code, 0, stderr)
            return stdout === "" ? 0 : linesOf(stdout).length
          })
        assert.deepStrictEqual(
          [
            yield* count("spans"),
            yield* count("spans", "--failed"),
            yield* count("spans", "--not-failed"),
            yield* count("spans", "--type", "tool_call", "--tool", "think"),
            yield* count("sessions", "--tag", "demo", "--user", "aksel_holm", "--model", "replay-small"),
            yield* count("sessions", "--tag", "demo", "--limit", "3", "--tag", "absent"),
            yield* count("sessions", "--metadata", "trial=0"),
            yield* count("sessions", '--metadata=trial="0"'),
            yield* count("logs", "--min-level", "warn"),
            yield* count("scores", "--name", "thumbs", "--min-value", "1"),
            yield* count("logs", "--search", "refund")
          ],
          [77, 6, 71, 1, 1, 0, 3, 0, 2, 2, 2]
        )
      })
    )

    it.effect("shows a conversation: who said what, tools with arguments and results, what failed, scores", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const { stdout } = yield* run(["sessions", "--db", airline, "--user", "aksel_holm", "--json"])
        const { sessionId } = JSON.parse(stdout)
        const shown = yield* run(["session", sessionId, "--db", airline, "--logs"])
        for (const part of [
          "I have caught the flu and cannot fly on Wednesday.",
          "tool cancel_reservation",
          '{"reservation_id":"ZP9C2L"}',
          "✗ basic economy is not refundable",
          "warn",
          "turn 2 of 2",
          "Yes, please do.",
          "score thumbs  0 down"
        ]) {
          assert.include(shown.stdout, part)
        }
        const tree = yield* run(["session", sessionId, "--tree", "--db", airline])
        assert.match(tree.stdout, /^invoke_agent airline .*\n├─ .*\n/m)
        const json = yield* run(["session", sessionId, "--db", airline, "--json"])
        const tags = new Set(linesOf(json.stdout).map((line) => JSON.parse(line)._tag))
        assert.deepStrictEqual(tags, new Set(["SessionSummary", "SpanRecord", "LogRecord", "Score"]))
      })
    )

    it.effect("shows a trace as a tree, and a span whole", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const found = yield* run([
          "spans",
          "--db",
          airline,
          "--type",
          "tool_call",
          "--tool",
          "cancel_reservation",
          "--json"
        ])
        const { spanId, traceId } = JSON.parse(found.stdout)
        const tree = yield* run(["trace", traceId, "--db", airline])
        assert.match(tree.stdout, /├─ execute_tool cancel_reservation .* ✗ ToolError: basic economy is not refundable/)
        const span = yield* run(["trace", traceId, "--span", spanId, "--db", airline])
        assert.include(span.stdout, 'gen_ai.tool.call.arguments: {"reservation_id":"ZP9C2L"}')
      })
    )

    it.effect("adds up costs and counts", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const costs = yield* run(["costs", "--db", airline, "--json"])
        assert.deepInclude(JSON.parse(linesOf(costs.stdout)[0] ?? ""), { group: { model: "replay-large" } })
        const days = yield* run([
          ...[
            "aggregate",
            "--db",
            airline,
            "--type",
            "model_generation",
            "--measure",
            "calls=count",
            "--measure",
            "p95:duration"
          ],
          ...[
            "--by",
            "model",
            "--every",
            "day",
            "--zone",
            "Europe/Berlin",
            "--from",
            "2026-06-01",
            "--to",
            "2026-06-03",
            "--json"
          ]
        ])
        const rows = linesOf(days.stdout).map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          rows
            .map(({ from, group, values }) => [from, group.model, values.calls])
            .sort((a, b) => String(a).localeCompare(String(b))),
          [
            ["1780264800000000000", "replay-large", 8],
            ["1780264800000000000", "replay-small", 0],
            ["1780351200000000000", "replay-large", 0],
            ["1780351200000000000", "replay-small", 5]
          ].concat(
            rows.length > 4
              ? [
                  ["1780437600000000000", "replay-large", 0],
                  ["1780437600000000000", "replay-small", 0]
                ]
              : []
          ) as never
        )
        const stats = yield* run(["stats", "--db", airline, "--json"])
        assert.deepInclude(JSON.parse(stats.stdout).spans, { count: 77, errors: 6, sessions: 3, traces: 12, users: 3 })
      })
    )

    it.effect("lets nothing of strangers reach the terminal as a command", () =>
      Effect.gen(function* () {
        const { hostile } = yield* Files
        const commands = [
          ["spans"],
          ["sessions"],
          ["logs"],
          ["scores"],
          ["session", "hostile", "--logs"],
          ["session", "hostile", "--tree"],
          ["session", "exact"],
          ["search", "reversed"]
        ]
        for (const command of commands) {
          const { code, stderr, stdout } = yield* run([...command, "--db", hostile])
          assert.strictEqual(code, 0, stderr)
          assert.notMatch(stdout, obeyed, command.join(" "))
        }
      })
    )

    it.effect("fits the width of a terminal, whatever cells a character takes", () =>
      Effect.gen(function* () {
        const { airline, hostile } = yield* Files
        for (const columns of [60, 80, 120]) {
          for (const [command, file] of [
            ["spans", hostile],
            ["spans", airline],
            ["sessions", airline],
            ["logs", hostile]
          ] as const) {
            const { code, stdout } = inTerminal([command, "--db", file, "--all"], columns, { NO_COLOR: "1" })
            assert.strictEqual(code, 0, stdout)
            for (const line of linesOf(stdout)) assert.isAtMost(cells(line), columns, line)
          }
        }
      })
    )

    it.effect("has colours on a terminal alone, unless the environment says otherwise", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const isColored = (text: string) => text.includes("\u001b[")
        const args = ["sessions", "--db", airline]
        assert.deepStrictEqual(
          [
            isColored((yield* run(args)).stdout),
            isColored((yield* run(args, { env: { FORCE_COLOR: "1" } })).stdout),
            isColored(inTerminal(args, 120).stdout),
            isColored(inTerminal(args, 120, { NO_COLOR: "1" }).stdout),
            isColored((yield* run(["sessions", "--help"])).stdout),
            isColored((yield* run(["sessions", "--nope"])).stderr)
          ],
          [false, true, true, false, false, false]
        )
      })
    )

    it.effect("counts logs, metrics and scores by the filters that they have", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const count = (...args: ReadonlyArray<string>) =>
          Effect.map(run(["aggregate", "--db", airline, "--json", ...args]), ({ code, stderr, stdout }) => [
            code,
            stderr,
            stdout === "" ? undefined : JSON.parse(linesOf(stdout)[0] ?? "").values.count
          ])
        assert.deepStrictEqual(yield* count("--of", "logs", "--min-level", "warn"), [0, "", 2])
        assert.deepStrictEqual(yield* count("--of", "scores", "--name", "thumbs", "--min-value", "1"), [0, "", 2])
        assert.deepStrictEqual(yield* count("--of", "metrics", "--kind", "counter"), [0, "", 0])
        assert.deepStrictEqual(yield* count("--failed", "--tool", "cancel_reservation"), [0, "", 2])
        for (const [of, option, ...value] of [
          ["logs", "--tool", "x"],
          ["spans", "--level", "warn"],
          ["metrics", "--user", "x"],
          ["scores", "--failed"]
        ] as const) {
          const [code, said] = yield* count("--of", of, option, ...value)
          assert.deepStrictEqual([code, String(said).includes(`${option}`)], [2, true], String(said))
          assert.include(String(said), `${of} have no such filter`)
        }
      })
    )

    it.effect(
      "ends with the code of what went wrong, and says it in one sentence on stderr",
      () =>
        Effect.gen(function* () {
          const { airline, folder } = yield* Files
          writeFileSync(`${folder}/text.duckdb`, "this is no database".repeat(1000))
          const endings: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
            [["session", "absent", "--db", airline], 3, /there is no session absent in .*airline/],
            [["trace", "0".repeat(32), "--db", airline], 3, /there is no trace 0+ in/],
            [["trace", "short", "--db", airline], 2, /the trace id: expected a trace id: 32 lower-case hex digits/],
            [["sessions", "--db", `${folder}/absent.duckdb`], 1, /there is no file .*absent\.duckdb/],
            [["sessions", "--db", folder], 1, /is no file/],
            [["sessions", "--db", `${folder}/text.duckdb`], 1, /not a valid DuckDB database file/],
            [["sessions"], 2, /say where the records are: --db FILE, --clickhouse URL or --url URL/],
            [
              ["sessions", "--db", airline, "--url", "http://localhost:1"],
              2,
              /--db and --url name more than one store/
            ],
            [["sessions", "--url", "http://127.0.0.1:1"], 1, /cannot be reached/],
            [["sessions", "--url", "nope"], 2, /is no address/],
            [
              ["sessions", "--db", airline, "--cursor", "nope"],
              2,
              /--cursor: expected the nextCursor of a page before/
            ],
            [["sessions", "--db", airline, "--since", "yesterday"], 2, /--since: yesterday is no duration/],
            [["sessions", "--db", airline, "--from", "2026-02-30"], 2, /--from: 2026-02-30 is no time/],
            [["sessions", "--db", airline, "--since", "2h", "--from", "2026-06-01"], 2, /give one of them/],
            [["sessions", "--db", airline, "--limit", "0"], 2, /--limit/],
            [["sessions", "--db", airline, "--metadata", "nope"], 2, /--metadata: expected key=value/],
            [["sessions", "--db", airline, "--nope"], 2, /--nope/],
            [["spans", "--db", airline, "--type", "nope"], 2, /nope/],
            [["sessions", "--wizard"], 2, /--wizard asks: it needs a terminal/],
            [["nope"], 2, /use one of 'sessions'/],
            [["aggregate", "--db", airline, "--measure", "sum:nope"], 2, /measure/],
            [["costs", "--db", airline, "--every", "day"], 2, /--every needs a time/],
            [["delete", "--session", "hostile", "--db", airline], 2, /--yes/],
            [["delete", "--db", airline, "--yes"], 2, /say what to delete/],
            [["copy", "--db", airline], 2, /--to-db FILE/],
            [["serve", "--url", "http://localhost:1"], 2, /--db FILE or --clickhouse URL/],
            [["serve", "--db", `${folder}/never.duckdb`, "--host", "0.0.0.0"], 2, /token/]
          ]
          const all = yield* Effect.forEach(endings, ([args]) => run(args), { concurrency: 4 })
          for (const [i, [args, code, said]] of endings.entries()) {
            const ran = all[i] as (typeof all)[number]
            assert.strictEqual(ran.code, code, `${args.join(" ")}: ${ran.stderr}`)
            assert.match(ran.stderr, said)
            assert.strictEqual(ran.stdout, "", args.join(" "))
            assert.notMatch(ran.stderr, /^\s+at /m)
            assert.isAtMost(linesOf(ran.stderr).length, 3, ran.stderr)
          }
          assert.isFalse(existsSync(`${folder}/absent.duckdb`))
        }),
      90_000
    )

    it.effect("names the process that holds a file, and the two ways", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { hostile } = yield* Files
          const { pid } = yield* holdInAnotherProcess(hostile)
          const { code, stderr } = yield* run(["sessions", "--db", hostile])
          assert.strictEqual(code, 1)
          for (const part of [`process ${pid}`, "serve --db", "--url", "snapshot"]) assert.include(stderr, part)
        })
      )
    )

    it.effect("reads a file that is its owner's to write, and leaves it as it is", () =>
      Effect.gen(function* () {
        const { airline, folder } = yield* Files
        const before = [statSync(airline).mtimeMs, readdirSync(folder).join()]
        yield* run(["sessions", "--db", airline])
        yield* run(["search", "refund", "--db", airline])
        assert.deepStrictEqual([statSync(airline).mtimeMs, readdirSync(folder).join()], before)
      })
    )

    it.effect("reads a file that an earlier release made, without what it lacks, and leaves it so", () =>
      Effect.gen(function* () {
        const { airline, folder } = yield* Files
        const old = `${folder}/old.duckdb`
        copyFileSync(airline, old)
        const change = (statements: (rows: ReadonlyArray<ReadonlyArray<unknown>>) => ReadonlyArray<string>) =>
          Effect.promise(async () => {
            const instance = await DuckDBInstance.create(old)
            const connection = await instance.connect()
            const indexes = await connection.runAndReadAll("SELECT index_name FROM duckdb_indexes()")
            for (const statement of statements(indexes.getRows())) await connection.run(statement)
            connection.closeSync()
            instance.closeSync()
          })
        yield* change((indexes) => [
          ...indexes.map(([name]) => `DROP INDEX "${name}"`),
          "DROP VIEW mastra_ai_spans_whole",
          ...["messages", "sessions", "scores", "metrics", "spans_words", "logs_words"].map(
            (name) => `DROP TABLE mastra_ai_${name}`
          ),
          ...[
            "messages",
            "in_sessions",
            "input_size",
            "output_size",
            "attributes_size",
            "word_block",
            "error_type"
          ].map((name) => `ALTER TABLE mastra_ai_spans DROP COLUMN ${name}`),
          ...["in_sessions", "word_block"].map((name) => `ALTER TABLE mastra_ai_logs DROP COLUMN ${name}`),
          "UPDATE mastra_ai_schema SET minor = 1"
        ])
        const before = statSync(old).mtimeMs
        const count = (...args: ReadonlyArray<string>) =>
          Effect.map(run([...args, "--db", old, "--json", "--all"]), ({ code, stderr, stdout }) => {
            assert.strictEqual(code, 0, stderr)
            return stdout === "" ? 0 : linesOf(stdout).length
          })
        assert.deepStrictEqual(
          [
            yield* count("sessions"),
            yield* count("spans"),
            yield* count("scores"),
            yield* count("logs", "--search", "refund")
          ],
          [3, 77, 0, 2]
        )
        assert.strictEqual(statSync(old).mtimeMs, before)
      })
    )

    it.effect("ends well when nobody reads on", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const command = `'${process.execPath}' '${bin}' spans --all --json --db '${airline}'; echo "code $?" >&2`
        const { stderr, stdout } = spawnSync("bash", ["-c", `(${command}) | head -1`], { encoding: "utf8" })
        assert.deepStrictEqual([linesOf(stdout).length, stderr], [1, "code 0\n"])
      })
    )

    it.effect("copies, snapshots and deletes", () =>
      Effect.gen(function* () {
        const { airline, folder } = yield* Files
        const [copy, snapshot] = [`${folder}/copy.duckdb`, `${folder}/snapshot.duckdb`]
        const copied = yield* run(["copy", "--db", airline, "--to-db", copy, "--user", "aksel_holm"])
        assert.strictEqual(copied.code, 0, copied.stderr)
        assert.match(copied.stderr, /copied \d+ spans, .* of 1 session/)
        const ids = yield* run(["sessions", "--db", copy, "--json"])
        const { sessionId } = JSON.parse(ids.stdout)
        const taken = yield* run(["snapshot", "--db", copy, "--to", snapshot])
        assert.strictEqual(taken.code, 0, taken.stderr)
        const deleted = yield* run(["delete", "--session", sessionId, "--db", copy, "--yes"])
        assert.match(deleted.stderr, /deleted \d+ spans, \d+ logs, 2 scores/)
        const left = yield* run(["session", sessionId, "--db", copy])
        const kept = yield* run(["session", sessionId, "--db", snapshot])
        assert.deepStrictEqual([deleted.code, left.code, kept.code], [0, 3, 0])
      })
    )

    it.effect("says what to install for a file where DuckDB is missing", () =>
      Effect.gen(function* () {
        const { airline, folder } = yield* Files
        const alone = `${folder}/alone.mjs`
        writeFileSync(alone, readFileSync(bin))
        cpSync(`${dirname(bin)}/cli`, `${folder}/cli`, { recursive: true })
        const { status, stderr } = spawnSync(process.execPath, [alone, "sessions", "--db", airline], {
          encoding: "utf8"
        })
        assert.strictEqual(status, 1)
        assert.include(stderr, "npm install @duckdb/node-api")
      })
    )

    it.effect("has help, a version and completions", () =>
      Effect.gen(function* () {
        const { version } = JSON.parse(readFileSync("package.json", "utf8"))
        assert.deepStrictEqual(yield* run(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" })
        assert.match((yield* run(["--help"])).stdout, /^ {2}sessions +Lists sessions/m)
        assert.match((yield* run(["spans", "--help"])).stdout, /--min-duration duration +At least this long/)
        const completions = yield* run(["--completions", "bash"])
        assert.deepStrictEqual([completions.code, completions.stderr], [0, ""])
        assert.include(completions.stdout, "sessions")
      })
    )

    /** Loads the script in a shell, and asks it what `effect-observability TYPED` may become. */
    const completing: { readonly [shell: string]: (script: string, typed: string) => string } = {
      bash: (script, typed) =>
        `source ${script}; COMP_WORDS=(effect-observability ${typed}); COMP_CWORD=1
        "$(complete -p effect-observability | sed 's/.* -F \\([^ ]*\\).*/\\1/')" effect-observability ${typed} effect-observability
        printf '%s\\n' "\${COMPREPLY[@]}"`,
      fish: (script, typed) => `source ${script}; complete -C 'effect-observability ${typed}'`,
      zsh: (script, typed) => `zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'autoload -Uz compinit; compinit -u -D; source ${script}; PS1=; LISTMAX=1000'
        zpty -w shell 'compdef _effect-observability_zsh_completions effect-observability; print read''y'
        zpty -r -m shell text '*ready*'
        zpty -n -w shell $'effect-observability ${typed}\\t\\t'
        repeat 100; do zpty -r -t shell text && print -rn -- $text; sleep 0.02; done`
    }

    for (const [shell, code] of Object.entries(completing)) {
      const isThere = spawnSync(shell, ["-c", "true"]).status === 0
      it.effect.skipIf(!isThere && shell !== "bash")(`completes a command in ${shell}`, () =>
        Effect.gen(function* () {
          const { folder } = yield* Files
          const script = `${folder}/completions.${shell}`
          const { stderr, stdout } = yield* run(["--completions", shell])
          assert.strictEqual(stderr, "")
          writeFileSync(script, stdout)
          const completed = spawnSync(shell, ["-c", code(script, "se")], {
            encoding: "utf8",
            env: { PATH: process.env["PATH"], HOME: folder, TERM: "dumb" }
          })
          for (const command of ["sessions", "session", "search", "serve"]) {
            assert.match(completed.stdout, new RegExp(`\\b${command}\\b`), completed.stderr)
          }
          assert.notMatch(completed.stdout, /\bcosts\b/)
        })
      )
    }

    it.effect("says which option is given twice, or without a value", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, said: RegExp]> = [
          [["--user", "a", "--user", "b"], /--user is given twice/],
          [["--user=a", "--user", "b"], /--user is given twice/],
          [["--utc", "--utc"], /--utc is given twice/],
          [["--user", ""], /--user: its value is empty/],
          [["--user="], /--user: its value is empty/],
          [["--limit", ""], /--limit: its value is empty/]
        ]
        for (const [args, said] of wrong) {
          const { code, stderr } = yield* run(["sessions", "--db", airline, ...args])
          assert.deepStrictEqual([code, said.test(stderr)], [2, true], stderr)
        }
        const twice = yield* run([
          "sessions",
          "--db",
          airline,
          "--metadata",
          "a=1",
          "--metadata",
          "b=2",
          "--user",
          "--utc"
        ])
        assert.strictEqual(twice.code, 0, twice.stderr)
      })
    )

    it.effect("answers an agent on its standard streams, and leaves the file to others between two questions", () =>
      Effect.gen(function* () {
        const { airline } = yield* Files
        const client = new Client({ name: "test", version: "1" })
        const transport = new StdioClientTransport({ command: process.execPath, args: [bin, "mcp", "--db", airline] })
        const ask = <A>(f: () => Promise<A>) => Effect.promise(f)
        yield* ask(() => client.connect(transport))
        const { tools } = yield* ask(() => client.listTools())
        const listed = yield* ask(() =>
          client.callTool({ name: tools.find(({ name }) => /sessions/.test(name))?.name ?? "" })
        )
        assert.include(JSON.stringify(listed.content), "aksel_holm")
        yield* Effect.scoped(holdInAnotherProcess(airline))
        yield* ask(() => client.close())
      })
    )

    it.effect("serves a file: takes OTLP, answers --url, follows it with tail, and writes all before it ends", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { airline: original, folder } = yield* Files
          const airline = `${folder}/paged.duckdb`
          copyFileSync(original, airline)
          const db = `${folder}/served.duckdb`
          const server = yield* started(["serve", "--db", db, "--port", "0"])
          const [url = ""] = yield* server.printed(/http:\/\/127\.0\.0\.1:\d+/)
          const tail = yield* started(["tail", "--url", url])
          const send = (spanId: string) =>
            Effect.promise(() =>
              fetch(`${url}/v1/traces`, {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: JSON.stringify(otlp(spanId))
              }).then(({ status }) => status)
            )
          assert.strictEqual(yield* send("1".repeat(16)), 200)
          yield* tail.printed(/chat sent.*session=sent/)
          const listed = yield* run(["sessions", "--url", url, "--json"])
          assert.strictEqual(JSON.parse(listed.stdout).sessionId, "sent", listed.stderr)
          assert.strictEqual(yield* tail.end("SIGINT"), 130)
          // A page that one of them began, the other goes on with, and one that was started again.
          const spansOf = (...args: ReadonlyArray<string>) =>
            Effect.map(run(["spans", "--order", "oldest", "--json", ...args]), ({ code, stderr, stdout }) => {
              assert.strictEqual(code, 0, stderr)
              const cursor = /--cursor (\S+)/.exec(stderr)?.[1]
              return { ids: linesOf(stdout).map((line) => JSON.parse(line).spanId), cursor }
            })
          const copied = yield* started(["serve", "--db", airline, "--port", "0"])
          const [from = ""] = yield* copied.printed(/http:\/\/127\.0\.0\.1:\d+/)
          const first = yield* spansOf("--url", from, "--limit", "3")
          const second = yield* spansOf("--url", from, "--limit", "3", "--cursor", first.cursor ?? "")
          assert.strictEqual(yield* copied.end("SIGTERM"), 0)
          const ofFile = yield* spansOf("--db", airline, "--limit", "3", "--cursor", first.cursor ?? "")
          const again = yield* started(["serve", "--db", airline, "--port", "0"])
          const [then = ""] = yield* again.printed(/http:\/\/127\.0\.0\.1:\d+/)
          const third = yield* spansOf("--url", then, "--limit", "3", "--cursor", ofFile.cursor ?? "")
          assert.strictEqual(yield* again.end("SIGTERM"), 0)
          const whole = yield* spansOf("--db", airline, "--limit", "9")
          assert.deepStrictEqual(second.ids, ofFile.ids)
          assert.deepStrictEqual([...first.ids, ...second.ids, ...third.ids], whole.ids)
          const wrong = yield* run(["spans", "--db", airline, "--order", "newest", "--cursor", first.cursor ?? ""])
          assert.deepStrictEqual([wrong.code, /--cursor/.test(wrong.stderr)], [2, true], wrong.stderr)
          const locked = yield* run(["sessions", "--db", db])
          assert.match(locked.stderr, /serve --db/)
          const taken = yield* run(["serve", "--db", `${folder}/other.duckdb`, "--port", url.split(":").at(-1) ?? ""])
          assert.deepStrictEqual([taken.code, /--port/.test(taken.stderr)], [1, true], taken.stderr)
          const open = yield* run(["serve", "--db", `${folder}/other.duckdb`, "--port", "0", "--host", "0.0.0.0"])
          assert.deepStrictEqual([open.code, /token/.test(open.stderr)], [2, true], open.stderr)
          assert.deepStrictEqual(
            readdirSync(folder).filter((file) => file.startsWith("other")),
            []
          )
          assert.strictEqual(yield* send("2".repeat(16)), 200)
          assert.strictEqual(yield* server.end("SIGTERM"), 0, server.text())
          const spans = yield* run(["spans", "--db", db, "--session", "sent", "--json"])
          assert.strictEqual(linesOf(spans.stdout).length, 2)
        })
      )
    )
  })
})

/** The cells of a line: what the test needs to know of it, by itself. */
const cells = (line: string): number =>
  Array.from(new Intl.Segmenter().segment(line), ({ segment }) =>
    /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
      segment
    )
      ? 2
      : 1
  ).reduce<number>((sum, width) => sum + width, 0)

const otlp = (spanId: string) => {
  const now = BigInt(Date.now()) * 1_000_000n
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  return {
    resourceSpans: [
      {
        resource: { attributes: [attribute("service.name", "sender")] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: "a".repeat(32),
                spanId,
                name: "chat sent",
                kind: 3,
                startTimeUnixNano: String(now),
                endTimeUnixNano: String(now + 5_000_000n),
                attributes: [attribute("session.id", "sent"), attribute("gen_ai.operation.name", "chat")]
              }
            ]
          }
        ]
      }
    ]
  }
}
