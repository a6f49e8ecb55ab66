/** What the host of an AWS endpoint says by itself. */
export interface AwsEndpoint {
  /** First label, without `-fips`: `lambda`, `streams.dynamodb`. */
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

/** Endpoints of more than one label; in all others the labels in front name a bucket, an API or a domain. */
const TWO_LABELS = new Set(['streams.dynamodb'])

/** Whether a name belongs to AWS: an endpoint's, or that of a bucket or an API behind one. */
export const isAwsName = (hostname: string): boolean => suffixOf(hostname) !== undefined

/** Reads the host of an API of AWS's, in its FIPS and dual-stack forms too; undefined for any other host. */
export function awsEndpoint(hostname: string): AwsEndpoint | undefined {
  const suffix = suffixOf(hostname)
  if (suffix === undefined) return undefined
  const labels = withoutDot(hostname)
    .slice(0, -suffix.length - 1)
    .split('.')
  const region = labels.length > 1 && REGION.test(labels.at(-1)!) ? labels.pop() : undefined
  const service = labels.join('.').replace(/(?:^fips-|-fips$)/, '')
  if (labels.length > 1 ? !TWO_LABELS.has(service) : region === undefined && !GLOBAL.has(service)) {
    return undefined
  }
  return { service, region: region === 'global' ? undefined : region }
}

function suffixOf(hostname: string): string | undefined {
  const host = withoutDot(hostname)
  return SUFFIXES.find(suffix => host.endsWith(`.${suffix}`))
}

/** `new URL()` writes hosts in lower case, and leaves the root's dot. */
const withoutDot = (hostname: string): string => hostname.replace(/\.$/, '')
