import { isAwsName } from '../../functions/aws-host.ts'

/**
 * Hosts that are never a custom domain's: the machine itself, names that Cloudflare gives a Worker, names of AWS that
 * functions call, and those that the operator says. Whoever calls the control plane by one of them waits for nobody,
 * and no custom domain can take it away.
 */
export class OwnHosts {
  readonly #named: ReadonlySet<string>

  /** @param named host names, separated by blanks or commas: the variable `WEIR_HOSTS` */
  constructor(named = '') {
    this.#named = new Set(
      named
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
  }

  /** @param hostname in lower case and without a port */
  has(hostname: string): boolean {
    return OWN.test(hostname) || this.#named.has(hostname) || isAwsName(hostname)
  }
}

/** `localhost`, other names without a dot, and addresses; then domains below which nobody else has a name here. */
const OWN = /^(?:[^.]*|[\d.]+|\[.*\])$|\.(?:localhost|workers\.dev)$/

/** A URL's host in lower case, without its port and the dot that may end it. */
export function hostnameOf(host: string): string {
  const colon = host.lastIndexOf(':')
  const name = colon > 0 && !host.endsWith(']') ? host.slice(0, colon) : host
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}
