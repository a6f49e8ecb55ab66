/** The object or array that a message is, or undefined. */
export function jsonObjectOf(message: string): object | undefined {
  // Most lines are none: a look at both ends is quicker than an exception.
  if (!/^\s*[[{]/.test(message) || !/[\]}]\s*$/.test(message)) return undefined
  try {
    return JSON.parse(message) as object
  } catch {
    return undefined
  }
}
