/**
 * Whether something failed because a Durable Object or what it stands on is out of reach, which says nothing of what was
 * asked. https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export const isOutage = (error: unknown): boolean =>
  ['remote', 'retryable', 'overloaded'].some(mark => (error as Record<string, unknown>)?.[mark] === true)
