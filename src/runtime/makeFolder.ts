import * as fs from "node:fs/promises"
import { dirname } from "node:path"

/**
 * Makes a folder, and those above it that are missing, for their owner alone; says whether it was missing. What Node has for
 * that never ends where a file system says of a folder that is there that it is not: `/proc` does, and so does a folder
 * that was deleted while somebody is in it.
 */
export const makeFolder = (path: string): Promise<boolean> =>
  make(path).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" && dirname(path) !== path
      ? makeFolder(dirname(path)).then(() => make(path))
      : Promise.reject(error)
  )

const make = (path: string): Promise<boolean> =>
  fs.mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT"
        ? Promise.reject(error)
        : // A system that only reads says so of what is there, too.
          fs.stat(path).then(
            (stat) => (stat.isDirectory() ? false : Promise.reject(error)),
            () => Promise.reject(error)
          )
  )
