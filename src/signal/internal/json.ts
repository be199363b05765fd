/** Deeper values exhaust the stack of somebody who reads them. */
const maxDepth = 200

/** Whether a value is JSON of which every string and key passes. */
export const isJson = (value: unknown, passes: (text: string) => boolean, depth = maxDepth): boolean => {
  switch (typeof value) {
    case "string":
      return passes(value)
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object": {
      if (value === null) return true
      if (depth === 0) return false
      if (Array.isArray(value)) return value.every((item) => isJson(item, passes, depth - 1))
      const prototype = Object.getPrototypeOf(value)
      return (
        (prototype === Object.prototype || prototype === null) &&
        Object.entries(value).every(([key, item]) => passes(key) && isJson(item, passes, depth - 1))
      )
    }
    default:
      return false
  }
}

export const isJsonObject = (value: unknown, passes: (text: string) => boolean): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && isJson(value, passes)
