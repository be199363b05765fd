const maxSize = 2_048
const maxLength = 128

/** Remembers what a function gave for the last names, which are short and few. */
export const memo = <A>(f: (name: string) => A): ((name: string) => A) => {
  const known = new Map<string, A>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const result = f(name)
    if (name.length > maxLength) return result
    if (known.size === maxSize) known.clear()
    known.set(name, result)
    return result
  }
}
