/**
 * Who writes to a folder that several processes know. The owner is in the folder's name, so that another process can tell
 * whether it still lives.
 */
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { kill, pid } from "node:process"
import { threadId } from "node:worker_threads"
import { globalValue } from "effect/GlobalValue"

/** An owner on another machine that has not touched its folder for so long is gone. */
const silentMillis = 60_000

/** The owners in this thread that have not ended. */
const living: Set<string> = globalValue("effect-observability/pipeline/owner", () => new Set())

/** A new owner, which lives until it is ended. */
export const begin = (): string => {
  const owner = [encodeURIComponent(hostname()), pid, startOf(pid), threadId, crypto.randomUUID()].join(" ")
  living.add(owner)
  return owner
}

/** Whether a name has the form of an owner. */
export const isOwner = (name: string): boolean => /^\S* \d+ \d* \d+ [\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(name)

export const end = (owner: string): void => void living.delete(owner)

/** Whether an owner that last touched its folder so long ago may still write to it. */
export const isAlive = (owner: string, silentFor: number): boolean => {
  const [host, id, start, thread] = owner.split(" ")
  if (host !== encodeURIComponent(hostname())) return silentFor < silentMillis
  if (Number(id) === pid && Number(thread) === threadId && start === startOf(pid)) return living.has(owner)
  return isRunning(Number(id)) && start === startOf(Number(id))
}

const isRunning = (id: number): boolean => {
  try {
    return kill(id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** When a process started, where the system tells: once it has ended, another one may get its id. */
const startOf = (id: number): string => {
  try {
    return readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? ""
  } catch {
    return ""
  }
}
