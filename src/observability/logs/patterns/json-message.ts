/** A line's message, which several patterns may look at. */
export class Message {
  readonly text: string
  #document: object | null | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The object or array that it is, or null. Read when somebody asks first, and once. */
  get document(): object | null {
    if (this.#document === undefined) this.#document = jsonObjectOf(this.text) ?? null
    return this.#document
  }
}

/** The object or array that a message is, or undefined. */
function jsonObjectOf(message: string): object | undefined {
  // Most lines are none: a look at both ends is quicker than an exception.
  if (!/^\s*[[{]/.test(message) || !/[\]}]\s*$/.test(message)) return undefined
  try {
    return JSON.parse(message) as object
  } catch {
    return undefined
  }
}

/** Characters of a line in front of JSON, as Lambda writes time, request and level. */
const LONGEST_PREFIX = 200

/** The message as a whole, or the first JSON in it: functions' lines have some words before it. */
export function jsonObjectIn(message: string): object | undefined {
  const whole = jsonObjectOf(message)
  if (whole) return whole
  const begin = message.indexOf('{')
  return begin > 0 && begin <= LONGEST_PREFIX ? jsonObjectOf(message.slice(begin)) : undefined
}
