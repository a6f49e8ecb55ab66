/** Pieces as one; a single one is not copied. `size`: bytes of all of them, where they were counted already. */
export function joinBytes(
  pieces: readonly Uint8Array[],
  size: number = pieces.reduce((sum, piece) => sum + piece.length, 0),
): Uint8Array<ArrayBuffer> {
  // Nothing here shares memory with another thread: what a stream gives has a buffer of its own.
  if (pieces.length === 1) return pieces[0] as Uint8Array<ArrayBuffer>
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
