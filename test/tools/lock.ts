/**
 * Completes package-lock.json after an install from a registry that lacks the builds of a dependency for other
 * platforms: npm leaves them out, and `npm ci` then refuses the lock everywhere. Their names say what they are for.
 */
import { readFileSync, writeFileSync } from "node:fs"

interface Package {
  readonly version: string
  readonly dev?: boolean
  readonly license?: string
  readonly optionalDependencies?: Record<string, string>
}

const lock: { packages: Record<string, Package> } = JSON.parse(readFileSync("package-lock.json", "utf8"))

const missing = Object.entries(lock.packages).flatMap(([path, { dev, license, optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages))
    .map(([name, version]) => {
      const os = /android|darwin|freebsd|linux|openbsd|openharmony|win32/.exec(name)?.[0]
      const cpu = /arm64|arm|x64|ia32|loong64|ppc64|riscv64|s390x/.exec(name)?.[0]
      if (os === undefined || cpu === undefined) throw new Error(`${name} is not the build for a platform`)
      const libc = os === "linux" ? { libc: [name.includes("musl") ? "musl" : "glibc"] } : {}
      return [`node_modules/${name}`, { version, cpu: [cpu], dev, ...libc, license, optional: true, os: [os] }] as const
    })
)

const packages = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, "en"))
writeFileSync("package-lock.json", `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
console.log(`${missing.length} packages added`)
