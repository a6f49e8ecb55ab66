export const randomBytes = (bytes: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(bytes))

/** Uniform integers in [0, n) that nobody can foretell. */
export function randomBelow(n: number): number {
  const limit = 2 ** 32 - (2 ** 32 % n)
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number]
    if (drawn < limit) return drawn % n
  }
}
