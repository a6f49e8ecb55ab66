/**
 * API Gateway's default quotas, per account and region unless said otherwise:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 *
 * Counts are checked before a change and not in its transaction, so calls at the same moment may pass one by a few.
 */
export const LIMITS = {
  restApis: 600,
  resourcesPerApi: 300,
  stagesPerApi: 10,
  authorizersPerApi: 10,
  /** Seconds. */
  authorizerTtl: { usual: 300, most: 3600 },
  /** Characters of an API's resource policy. */
  resourcePolicy: 8192,
  stageVariables: 100,
  stageVariableName: 64,
  stageVariableValue: 512,
  apiKeys: 10_000,
  usagePlans: 300,
  plansPerKey: 10,
  vpcLinks: 20,
  domainNames: 120,
  mappingsPerDomain: 200,
  /** Characters. */
  keyName: 1024,
  keyValue: { least: 20, most: 128 },
  description: 1024,
  stageName: 128,
  tags: 50,
  tagKey: 128,
  tagValue: 256,
  compressionSize: 10_485_760,
  /**
   * AWS raises the longest time on request, for regional and private APIs; so far is as much as it grants in most cases.
   * A streamed response may take a quarter of an hour.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
   */
  timeoutMs: { least: 50, most: 29_000, mostRegional: 300_000, mostStreamed: 900_000 },
  /** Days that one GetUsage call may span. */
  usageDays: 90,
  /** Of every paged list. */
  pageSize: { usual: 25, most: 500 },
} as const

/** Weir's own bounds: AWS documents none. */
export const SIZES = {
  /** Characters of one resource with all of its methods, as JSON: a row of the database holds at most 2 MB. */
  resource: 1024 * 1024,
  /** Resources up to this size do not count: 300 of them are no burden. */
  smallResource: 64 * 1024,
  /** Characters of all of an API's resources; AWS's bound for an API definition that is imported. */
  api: 6 * 1024 * 1024,
} as const
