/** Headers in the order of sending; a name may repeat, in any spelling. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>

/** The first value of a header. */
export const firstHeader = (headers: HeaderList, lowerCaseName: string): string | undefined =>
  // Lengths first: lists are looked through on every answer's way.
  headers.find(([name]) => name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName)?.[1]

export const hasHeader = (headers: HeaderList, lowerCaseName: string): boolean =>
  firstHeader(headers, lowerCaseName) !== undefined
