/** What Cloudflare adds to a request for itself. */
export const CLOUDFLARE_HEADERS = [
  'cdn-loop',
  'cf-connecting-ip',
  'cf-ew-via',
  'cf-ray',
  'cf-visitor',
  'cf-worker',
] as const

/** The client's address; in development this machine's. */
export const sourceIpOf = (request: Request): string => request.headers.get('cf-connecting-ip') ?? '127.0.0.1'

/** The client's address behind those of the proxies it names itself. */
export function forwardedFor(sent: string | null, sourceIp: string): string {
  if (!sent) return sourceIp
  return sent === sourceIp || sent.endsWith(`, ${sourceIp}`) ? sent : `${sent}, ${sourceIp}`
}

/** Of a URL's host, with the port that its scheme stands for when it names none. */
export function portOf(host: string, scheme: string): string {
  const colon = host.lastIndexOf(':')
  if (colon > 0 && !host.endsWith(']')) return host.slice(colon + 1)
  return scheme === 'https' ? '443' : '80'
}
