/**
 * Who writes to a folder that several processes know, and whether it still lives. A socket in the folder tells: the system
 * closes it with its process, whoever kills that, and answers for it in every container of the machine. Where there can be
 * none, the name of the folder says which process it is, and the time of the folder when that was last seen.
 */
import { readFileSync, readlinkSync } from "node:fs"
import * as fs from "node:fs/promises"
import { connect, createServer, type Server } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import { kill, pid } from "node:process"
import { threadId } from "node:worker_threads"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"

/** An owner on another machine that has not touched its folder for so long is gone. */
const silentMillis = 60_000

/** The owners in this thread that have not ended. */
const living: Set<string> = globalValue("effect-observability/pipeline/owner", () => new Set())

const orEmpty = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ""
  }
}

/** The machine, where the system tells: containers of one share it, though not their host names. */
const machine = orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")).slice(0, 8)

/** Where ids of processes mean the same. Neither it nor the machine has the `@` or the `.` that divide them. */
const place = `${encodeURIComponent(hostname())}@${machine}.${orEmpty(() => readlinkSync("/proc/self/ns/pid")).replace(/\D/g, "")}`

/** A new owner, which lives until it is ended. */
export const begin = (): string => {
  const owner = [place, pid, startOf(pid), threadId, crypto.randomUUID()].join(" ")
  living.add(owner)
  return owner
}

/** Whether a name has the form of an owner. */
export const isOwner = (name: string): boolean => /^\S* \d+ \d* \d+ [\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(name)

export const end = (owner: string): void => void living.delete(owner)

/** Holds a folder for as long as this thread lives, or until it is released. Where that is not possible, it is not. */
export const hold = (folder: string): Effect.Effect<Effect.Effect<void>> =>
  within(
    folder,
    (path) =>
      new Promise<Server | undefined>((resolve) => {
        const server = createServer((socket) => socket.destroy())
        server.unref()
        server.once("error", () => resolve(undefined))
        // Without `exclusive` a worker of a cluster lets its primary hold it.
        server.listen({ path, exclusive: true }, () => resolve(server))
      })
  ).pipe(
    Effect.map((server) =>
      server === undefined
        ? Effect.void
        : Effect.zipRight(
            Effect.async<void>((resume) => void server.close(() => resume(Effect.void))),
            release(folder)
          )
    )
  )

/** Takes the socket of an owner that is gone out of its folder. */
export const release = (folder: string): Effect.Effect<void> =>
  Effect.ignore(
    Effect.tryPromise(() =>
      fs
        .lstat(join(folder, socketName))
        .then((stat) => (stat.isSocket() ? fs.unlink(join(folder, socketName)) : undefined))
    )
  )

/** Whether an owner that last touched its folder so long ago may still write to it. */
export const isAlive = (owner: string, folder: string, silentFor: number): Effect.Effect<boolean> =>
  Effect.map(within(folder, answers), (isHeld) => {
    const [at = "", id, start, thread] = owner.split(" ")
    if (isHeld === true) return true
    if (Number(id) === pid && Number(thread) === threadId && start === startOf(pid) && at === place)
      return living.has(owner)
    // One of this machine would answer, if it lived and there could be a socket at all.
    if (isHeld === false && machineOf(at) === machine) return false
    // Releases before had the name of the host alone.
    if (at !== place && at !== encodeURIComponent(hostname())) return silentFor < silentMillis
    return isRunning(Number(id)) && start === startOf(Number(id))
  })

const machineOf = (place: string): string | undefined => place.split("@")[1]?.split(".")[0]

const socketName = "lock"

/** Whether somebody listens at a socket; `undefined` where there is none, or no way to tell. */
const answers = (path: string): Promise<boolean | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ path })
    const tell = (isHeld: boolean | undefined) => {
      socket.destroy()
      resolve(isHeld)
    }
    socket.once("connect", () => tell(true))
    socket.once("error", ({ code }: NodeJS.ErrnoException) => tell(code === "ECONNREFUSED" ? false : undefined))
  })

/**
 * Does something with the path of the socket of a folder. Systems take about a hundred bytes for one, so that it leads
 * through the open folder where there is such a path. `undefined` where there are no such sockets.
 */
const within = <A>(folder: string, use: (path: string) => Promise<A | undefined>): Effect.Effect<A | undefined> =>
  process.platform === "win32"
    ? Effect.succeed(undefined)
    : process.platform === "linux"
      ? Effect.acquireUseRelease(
          Effect.tryPromise(() => fs.open(folder)),
          ({ fd }) => Effect.promise(() => use(`/proc/self/fd/${fd}/${socketName}`)),
          (handle) => Effect.promise(() => handle.close().catch(() => {}))
        ).pipe(Effect.orElseSucceed(() => undefined))
      : Effect.promise(() => use(join(folder, socketName)))

const isRunning = (id: number): boolean => {
  try {
    return kill(id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** When a process started, where the system tells: once it has ended, another one may get its id. */
const startOf = (id: number): string =>
  orEmpty(() => readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? "")
