/**
 * What Workers allow one request, where our own code has to see to it: none of these is enforced locally, so a breach
 * would show only in production. https://developers.cloudflare.com/workers/platform/limits/
 */
export const PLATFORM_LIMITS = {
  /** Dynamic workers that one request may have under way at the same time. */
  dynamicWorkersAtOnce: 4,
  /** MB that an isolate has. */
  isolateMemory: 128,
  /** Calls of Workers that one request may make, one after the other or nested. */
  workerCalls: 32,
  /** Milliseconds of processor time of one call, at most. */
  cpuMs: 300_000,
} as const
