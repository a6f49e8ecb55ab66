/** What the host of an AWS endpoint says by itself. */
export interface AwsEndpoint {
  /** Mostly the name that signatures have for it: `lambda`. */
  readonly service: string
  /** Absent where the service has one endpoint for the world. */
  readonly region: string | undefined
}

/** https://docs.aws.amazon.com/general/latest/gr/rande.html, of each partition that is open to the public. */
const SUFFIXES = [
  'amazonaws.com',
  'api.aws',
  'amazonaws.com.cn',
  'api.amazonwebservices.com.cn',
  'amazonaws.eu',
  'api.amazonwebservices.eu',
]

const REGION = /^(?:[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}|global)$/

/** Services whose endpoint names no region; other names of two labels (`checkip.amazonaws.com`) are no API's. */
const GLOBAL = new Set([
  'budgets',
  'ce',
  'cloudfront',
  'iam',
  'importexport',
  'organizations',
  'queue',
  'route53',
  's3',
  'savingsplans',
  'sdb',
  'shield',
  'sts',
  'support',
  'waf',
])

/**
 * Endpoints whose name is not what their services sign with. In other hosts of several labels the first ones name a
 * bucket, an API or a domain.
 */
const SIGNED_AS: ReadonlyMap<string, string> = new Map([
  ['email', 'ses'],
  ['queue', 'sqs'],
  ['streams.dynamodb', 'dynamodb'],
])

/** Whether a name belongs to AWS: an endpoint's, or that of a bucket, an API or a function behind one. */
export const isAwsName = (hostname: string): boolean =>
  suffixOf(hostname) !== undefined || withoutDot(hostname).endsWith('.on.aws')

/** Reads the host of an API of AWS's, in its FIPS and dual-stack forms too; undefined for any other host. */
export function awsEndpoint(hostname: string): AwsEndpoint | undefined {
  const suffix = suffixOf(hostname)
  if (suffix === undefined) return undefined
  const labels = withoutDot(hostname)
    .slice(0, -suffix.length - 1)
    .split('.')
  const region = labels.length > 1 && REGION.test(labels.at(-1)!) ? labels.pop() : undefined
  const prefix = labels.join('.').replace(/(?:^fips-|-fips$)/, '')
  const service = SIGNED_AS.get(prefix)
  if (service === undefined && (labels.length > 1 || (region === undefined && !GLOBAL.has(prefix)))) {
    return undefined
  }
  return { service: service ?? prefix, region: region === 'global' ? undefined : region }
}

function suffixOf(hostname: string): string | undefined {
  const host = withoutDot(hostname)
  return SUFFIXES.find(suffix => host.endsWith(`.${suffix}`))
}

/** `new URL()` writes hosts in lower case, and leaves the root's dot. */
const withoutDot = (hostname: string): string => hostname.replace(/\.$/, '')
