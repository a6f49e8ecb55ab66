import { vi } from 'vitest'

/** What an isolate knows may be two seconds old. */
export const soon = <T>(check: () => Promise<T>, timeout = 20_000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 200 })
