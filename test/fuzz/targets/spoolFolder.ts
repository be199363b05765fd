/**
 * A spool among whatever somebody has put beside it, and into it: opening it never throws, what is not its own stays as
 * it is, byte by byte, and what is whole is sent.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict"
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import { Effect, Exit, Schedule, Scope } from "effect"
import { memory } from "../../../src/pipeline/Exporters.js"
import { target } from "../fuzz.js"
import { letters, type Random, unusual } from "../Random.js"
import { files, folder, make, quietly, recorded } from "./spool.js"

const others = "of somebody else"
const markPath = files.map(([path]) => path).find((path) => path.split("/").length === 2) as string
const mark = files.find(([path]) => path === markPath)?.[1] as string
const wholes = files.filter(([path]) => path !== markPath)
const owners = Array.from(new Set(wholes.map(([path]) => dirname(path))))
const store = dirname(markPath)

/** Opens the spool in a directory until it has sent `expected`, and gives what it has sent. */
const sent = (directory: string, expected: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const exporter = memory(store)
    const scope = yield* Scope.make()
    const writer = yield* Scope.extend(make(exporter, directory), scope)
    const got = () => new Set([...exporter.spans, ...exporter.logs].map((record) => JSON.stringify(record)))
    yield* Effect.sync(() => {
      const now = got()
      return [...expected].every((record) => now.has(record))
    }).pipe(
      Effect.repeat({ until: (isSent) => isSent, schedule: Schedule.spaced("2 millis") }),
      Effect.timeoutFail({ duration: "5 seconds", onTimeout: () => new Error("what is whole was not sent") })
    )
    yield* writer.flush
    yield* Scope.close(scope, Exit.void)
    return got()
  })

const write = (path: string, text: string) => {
  fs.mkdirSync(dirname(path), { recursive: true })
  fs.writeFileSync(path, text, "latin1")
}

const within = <A>(use: (directory: string) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.acquireUseRelease(Effect.sync(folder), use, (directory) =>
    Effect.sync(() => fs.rmSync(directory, { recursive: true }))
  ).pipe(quietly, Effect.runPromise)

/** What each segment holds, whose lines have the records as they are. */
const records = new Map(
  wholes.map(([path, text]) => [
    path,
    Array.from(recorded).filter((record) => text.includes(Buffer.from(record).toString("latin1")))
  ])
)
strictEqual(Array.from(records.values()).flat().length, recorded.size)

/** Another name of the same form. */
const another = (name: string) => name.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))

const names = [
  ...wholes.map(([path]) => another(basename(path))),
  ...[basename(markPath), "lock", "notes.txt", "~2", `${store}~2`, "con", ".", "%", "é\u2028", "x".repeat(200)],
  ...owners.map((owner) => `f${another(basename(owner))}`)
]

interface Foreign {
  readonly path: string
  readonly kind: "file" | "folder" | "link"
  readonly text: string
}

const drawForeign = (random: Random): Foreign => {
  const parent = random.pick(["", store, `${store}~2`, ...owners])
  const name = random.oneIn(3) ? random.text(letters, 12) : random.pick(names)
  // What has the name of a segment in the folder of an owner is one, unless it has no header.
  const isForeign = random.oneIn(2) || owners.includes(parent) || owners.some((owner) => dirname(owner) === parent)
  return {
    path: join(parent, name),
    kind: random.pick(["file", "folder", "link"]),
    text: isForeign
      ? others + random.text(unusual, 100)
      : random.pick([() => random.pick(files)[1], () => random.exactly(unusual, 500), () => ""])()
  }
}

const drawSegment = (random: Random, path: string, text: string) => {
  const state = random.pick(["whole", "whole", "cut", "overwritten", "missing", "link"] as const)
  const cut = text.slice(0, random.below(text.length))
  return {
    path,
    state,
    text: state === "cut" ? cut : state === "overwritten" ? random.mutated(text, unusual, 20) : text
  }
}

const draw = (random: Random) => ({
  mark: random.oneIn(2)
    ? mark
    : random.pick([mark.slice(0, random.below(mark.length)), undefined, others, mark.replace(store, "another")]),
  /** Whether the folder of the exporter is a link to where all of it lies. */
  isLink: random.oneIn(6),
  /** Whether the folders of owners have been copied before any damage. */
  isCopied: random.oneIn(4),
  foreign: random.several(6, () => drawForeign(random)),
  segments: wholes.map(([path, text]) => drawSegment(random, path, text))
})

type Input = ReturnType<typeof draw>

/** All below some paths, as it is. */
const seen = (path: string): unknown => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  if (stat.isSymbolicLink()) return { link: fs.readlinkSync(path) }
  if (!stat.isDirectory()) return fs.readFileSync(path, "latin1")
  return fs.readdirSync(path).map((name) => [name, seen(join(path, name))])
}

/** Puts something of somebody else into a spool, and gives the path of it: none where something else is in the way. */
const put = (directory: string, outside: string, { kind, path, text }: Foreign): ReadonlyArray<string> => {
  const to = join(directory, path)
  try {
    if (fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined) return []
    fs.mkdirSync(dirname(to), { recursive: true })
  } catch {
    return []
  }
  const elsewhere = join(outside, text.slice(0, 9).replaceAll("\0", ""))
  if (kind === "file") fs.writeFileSync(to, text, "latin1")
  else if (kind === "link") fs.symlinkSync(text.length % 2 === 0 ? outside : elsewhere, to)
  else write(join(to, "notes.txt"), text)
  return [to]
}

const lay = (directory: string, outside: string, { foreign, isCopied, isLink, mark, segments }: Input) => {
  const at = (path: string) => join(isLink ? outside : directory, path)
  if (mark !== undefined) write(at(markPath), mark)
  for (const { path, state, text } of segments) {
    if (state === "missing") continue
    if (state !== "link") {
      write(at(path), text)
      continue
    }
    write(join(outside, basename(path)), text)
    fs.mkdirSync(dirname(at(path)), { recursive: true })
    fs.symlinkSync(join(outside, basename(path)), at(path))
  }
  if (isCopied) {
    for (const [path, text] of wholes) write(at(join(another(dirname(path)), basename(path))), text)
  }
  fs.mkdirSync(outside, { recursive: true })
  if (isLink) {
    fs.mkdirSync(at(store), { recursive: true })
    fs.symlinkSync(at(store), join(directory, store))
  }
  return [outside, ...(isLink ? [join(directory, store)] : []), ...foreign.flatMap((it) => put(directory, outside, it))]
}

const check = (input: Input) =>
  within((root) =>
    Effect.gen(function* () {
      const directory = join(root, "spool")
      fs.mkdirSync(directory)
      const kept = lay(directory, join(root, "outside"), input)
      const isOwn = !input.isLink && input.mark !== undefined && mark.startsWith(input.mark)
      if (!isOwn && fs.existsSync(join(directory, markPath))) kept.push(join(directory, store))
      const before = kept.map(seen)
      const isSent = ({ state }: Input["segments"][number]) => isOwn && (input.isCopied || state === "whole")
      const expected = input.segments.filter(isSent).flatMap(({ path }) => records.get(path) ?? [])
      const got = yield* sent(directory, new Set(expected))
      deepStrictEqual(
        [...got].filter((record) => !recorded.has(record)),
        [],
        "sent and never recorded"
      )
      deepStrictEqual(kept.map(seen), before, "what is not the spool's own was touched")
    })
  )

export const spoolFolder = target("spoolFolder", draw, check)
