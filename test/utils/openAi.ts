/** An answer of OpenAI's Responses API, but for its model, what it says and what that took. */
export const response = {
  id: "resp_1",
  object: "response",
  status: "completed",
  created_at: 1,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  tool_choice: "auto",
  tools: []
} as const
