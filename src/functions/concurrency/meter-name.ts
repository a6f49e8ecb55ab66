/**
 * Name of a function's ConcurrencyMeter object. The function's uid is in it: one that is made anew under an old name
 * does not share its ceiling with calls of the old one.
 *
 * @param pointerName `functionPointerName` of the function
 */
export const meterName = (pointerName: string, uid: string): string => `${metersOf(pointerName)}${uid}`

/** What the names of all meters of a function begin with, or, of an account's id, those of its functions. */
export const metersOf = (pointerName: string): string => `concurrency/${pointerName}/`
