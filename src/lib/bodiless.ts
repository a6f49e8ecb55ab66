const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** Whether responses of a status have no body (RFC 9110, 15). */
export const isBodiless = (status: number): boolean => BODILESS.has(status)
