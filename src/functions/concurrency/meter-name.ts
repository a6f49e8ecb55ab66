/**
 * Name of a function's ConcurrencyMeter object. The function's uid is in it: one that is made anew under an old name
 * does not share its ceiling with calls of the old one.
 *
 * @param pointerName `functionPointerName` of the function
 */
export const meterName = (pointerName: string, uid: string): string => `${pointerName}/${uid}`

/** Where the store marks objects that exist: the control plane tells those, and creates none. */
export const meterMark = (name: string): string => `concurrency/${name}`
