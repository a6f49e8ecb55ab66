/**
 * The platform rewrites Accept-Encoding on the way in and keeps what the client sent beside it; clients that sign
 * the header signed that.
 */
export function headersAsSent(request: Request): Headers {
  const sent = (request.cf as { clientAcceptEncoding?: string } | undefined)?.clientAcceptEncoding
  if (sent === undefined || !request.headers.has('accept-encoding')) return request.headers
  const headers = new Headers(request.headers)
  headers.set('accept-encoding', sent)
  return headers
}
