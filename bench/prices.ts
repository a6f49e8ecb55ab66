/** What is billed, in units of the price list. */
export type Billed =
  | 'workerRequests'
  | 'dynamicRequests'
  | 'dynamicWorkerDays'
  | 'cpuMs'
  | 'objectRequests'
  | 'objectGbSeconds'
  | 'rowsWritten'
  | 'rowsRead'
  | 'storeClassA'
  | 'storeClassB'
  | 'queueOperations'

/** US dollars of one unit beyond what the Workers Paid plan includes, November 2026. */
const PRICES = {
  // https://developers.cloudflare.com/workers/platform/pricing/
  workerRequests: 0.3e-6,
  cpuMs: 0.02e-6,
  // https://developers.cloudflare.com/dynamic-workers/pricing/: announced, and not charged yet
  dynamicRequests: 0.3e-6,
  dynamicWorkerDays: 0.002,
  // https://developers.cloudflare.com/durable-objects/platform/pricing/
  objectRequests: 0.15e-6,
  objectGbSeconds: 12.5e-6,
  // The same, and https://developers.cloudflare.com/d1/platform/pricing/
  rowsWritten: 1e-6,
  rowsRead: 0.001e-6,
  // https://developers.cloudflare.com/r2/pricing/
  storeClassA: 4.5e-6,
  storeClassB: 0.36e-6,
  // https://developers.cloudflare.com/queues/platform/pricing/
  queueOperations: 0.4e-6,
} as const satisfies Readonly<Record<Billed, number>>

/** "128 MB of memory your Durable Object is allocated", of 1 GB = 1000 MB, as the page's own examples have it. */
export const OBJECT_GB = 0.128

/** US dollars for so much. */
export const priceOf = (what: Billed, units: number): number => PRICES[what] * units

/**
 * The same request at AWS, us-east-1, beyond the free tier; usage plans and keys cost nothing extra there.
 * https://aws.amazon.com/api-gateway/pricing/ (REST, the first 333 million a month)
 * https://aws.amazon.com/lambda/pricing/ (x86)
 */
export const AWS = {
  restRequest: 3.5e-6,
  lambdaRequest: 0.2e-6,
  lambdaGbSecond: 0.0000166667,
  memoryGb: 128 / 1024,
  /** "Rounded up to the nearest millisecond": what a function that answers at once is billed for. */
  billedMs: 2,
} as const

/** US dollars that a million requests cost at API Gateway and Lambda. */
export const AWS_PER_MILLION =
  1e6 * (AWS.restRequest + AWS.lambdaRequest + AWS.lambdaGbSecond * AWS.memoryGb * (AWS.billedMs / 1000))
