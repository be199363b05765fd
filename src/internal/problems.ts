import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"

/**
 * The problems in an issue, each under its whole path and without the schemas around it. An unknown key is told which one
 * was probably meant.
 */
export const problemsOf = (
  issue: ParseResult.ParseIssue,
  path: ReadonlyArray<PropertyKey> = []
): Array<ParseResult.ParseIssue> => {
  switch (issue._tag) {
    case "Pointer":
      return problemsOf(issue.issue, [...path, ...Arr.ensure(issue.path)])
    case "Composite":
      return Arr.ensure(issue.issues).flatMap((inner) => problemsOf(withHint(inner, issue.ast), path))
    case "Refinement":
    case "Transformation":
      return problemsOf(issue.issue, path)
    default:
      // That a field may be absent is nothing to tell somebody who gave it.
      if (issue._tag === "Type" && AST.isUndefinedKeyword(issue.ast)) return []
      return [
        under(
          path,
          issue._tag === "Type" && AST.isTypeLiteral(issue.ast)
            ? new ParseResult.Type(AST.objectKeyword, issue.actual)
            : issue
        )
      ]
  }
}

const under = (path: ReadonlyArray<PropertyKey>, issue: ParseResult.ParseIssue): ParseResult.ParseIssue =>
  Arr.isNonEmptyReadonlyArray(path) ? new ParseResult.Pointer(path, issue.actual, issue) : issue

const withHint = (issue: ParseResult.ParseIssue, parent: AST.AST): ParseResult.ParseIssue => {
  if (issue._tag !== "Pointer" || issue.issue._tag !== "Unexpected" || !AST.isTypeLiteral(parent)) return issue
  const known = parent.propertySignatures.map(({ name }) => String(name))
  return new ParseResult.Pointer(
    issue.path,
    issue.actual,
    new ParseResult.Unexpected(issue.issue.actual, unknownKey(String(issue.path), known))
  )
}

/** What to say of a key, and which one was probably meant. */
export const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(key, known)
  return meant === undefined
    ? `is unknown, expected one of: ${known.join(", ")}`
    : `is unknown, did you mean "${meant}"?`
}

/** The word that is most like another one, if any is. */
const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  const given = letters(word)
  const likely = words
    .map((other) => ({ other, cost: cost(given, letters(other)) }))
    .filter(({ cost, other }) => cost <= Math.max(2, Math.ceil(other.length / 3)))
  return Arr.sort(
    likely,
    Order.mapInput(Order.number, ({ cost }: { readonly cost: number }) => cost)
  )[0]?.other
}

const letters = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "")

/** A part of a word, such as `env`, is as near as two wrong letters. */
const cost = (a: string, b: string): number =>
  a.length > 2 && (a.includes(b) || b.includes(a)) ? Math.min(2, distance(a, b)) : distance(a, b)

/** Levenshtein's: the letters to insert, to delete and to replace. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(next[j] as number, row[j + 1] as number, (row[j] as number) - (a[i] === b[j] ? 1 : 0)) + 1)
    }
    row = next
  }
  return row[b.length] as number
}
