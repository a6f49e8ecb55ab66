/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
export const LIMITS = {
  /** Per account and region. */
  pools: 1_000,
  /** Per pool, as the following. */
  clients: 1_000,
  customAttributes: 50,
  groups: 10_000,
  resourceServers: 25,
  /** Of a resource server. */
  scopes: 100,
  tags: 50,
  pageSize: 60,
} as const
