/** What a client gets of an answer that asks for its headers alone. */
export function headersOnly(answer: Response): Response {
  // Nobody will read it, and whoever counts it or has a connection open for it need not wait.
  answer.body?.cancel().catch(() => {})
  return new Response(null, answer)
}
