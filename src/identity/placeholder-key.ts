/**
 * The access key id that functions find in their environment. It is worth nothing by itself, and never changes:
 * whatever rotates would make a new isolate of a function. The way out of a function knows whose isolate it leaves,
 * and only there does the key stand for the function's role.
 */
export const PLACEHOLDER_KEY_ID = 'ASIAWEIRPLACEHOLDER0'
