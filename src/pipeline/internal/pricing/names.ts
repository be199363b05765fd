/**
 * The names of providers and models: one provider has several, and of a model the same name comes with a vendor, a region,
 * a path or a date.
 */

/**
 * The name of a provider as OpenTelemetry has it, of any of its names: those of `@effect/ai`, LiteLLM, OpenInference and
 * the AI SDK.
 */
export const providerOf = (name: string): string => {
  const known = name.toLowerCase()
  // "openai.chat", "google.vertex.chat", as the AI SDK has it
  for (let part = known; part !== ""; part = part.slice(0, Math.max(part.lastIndexOf("."), 0))) {
    const found = aliases.get(part)
    if (found !== undefined) return found
  }
  return known
}

const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "aws.bedrock": ["bedrock", "amazon-bedrock", "amazon_bedrock", "aws_bedrock", "bedrock_converse", "amazon"],
    "gcp.vertex_ai": ["vertex_ai", "vertexai", "vertex", "google-vertex", "google_vertex", "google.vertex"],
    "gcp.gemini": ["gemini", "google", "gcp.gen_ai", "google-generative-ai", "google_genai", "google-ai-studio"],
    "azure.ai.openai": [
      "azure",
      "azure-openai",
      "azure_openai",
      "az.ai.openai",
      "azure.ai.inference",
      "az.ai.inference"
    ],
    mistral_ai: ["mistral", "mistralai", "mistral-ai"],
    x_ai: ["xai", "x-ai"],
    openai: ["openai"],
    anthropic: ["anthropic"],
    cohere: ["cohere"],
    deepseek: ["deepseek"],
    groq: ["groq"],
    perplexity: ["perplexity"],
    "ibm.watsonx.ai": ["watsonx", "ibm"]
  }).flatMap(([name, others]) => [name, ...others].map((other) => [other, name] as const))
)

/** Names of one model, from the one that was given to the shortest, all lower-case. */
export const modelNames = (name: string): ReadonlyArray<string> => {
  const names = new Set([name.toLowerCase()])
  const shorten = (pattern: RegExp) => {
    for (const known of Array.from(names)) names.add(known.replace(pattern, ""))
  }
  // "models/…", "publishers/google/models/…", "anthropic/…", an ARN
  shorten(/^.*\//)
  // "us.anthropic.…", "anthropic.…", as Bedrock has it
  shorten(
    /^(?:(?:us|eu|apac|jp|au|ca|global|us-gov)\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\./
  )
  // "…-v2:0", "…:latest", "…:free" is another model
  shorten(/(?:-v\d+)?:(?:\d+|latest)$/)
  // "…-20241022", "…-2024-08-06", "…@20240620", "…-latest"
  shorten(/[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest|default)$/)
  names.delete("")
  return Array.from(names)
}

/** No name of a model is longer. */
export const maxName = 200

/** Whether a pattern in lower case, in which `*` stands for any characters, fits a whole text. */
export const fits = (pattern: string, text: string): boolean => {
  let p = 0
  let star = -1
  let from = 0
  for (let i = 0; i < text.length; ) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p++
      from = i
    } else if (p < pattern.length && pattern[p] === text[i]) {
      p++
      i++
    } else if (star !== -1) {
      p = star + 1
      i = ++from
    } else {
      return false
    }
  }
  while (pattern[p] === "*") p++
  return p === pattern.length
}
