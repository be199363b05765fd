/**
 * Writes the JSON Schema of a configuration, for editors: `npm run docs:schema`.
 */
import { writeFileSync } from "node:fs"
import { JSONSchema } from "effect"
import { ObservabilityConfig } from "../../src/ObservabilityConfig.js"

writeFileSync("docs/observability-config.schema.json", JSON.stringify(JSONSchema.make(ObservabilityConfig), null, 2))
