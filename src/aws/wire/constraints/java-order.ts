// AWS's services are written in Java, and the order of what their validation messages list is the order of Java's
// hash tables. Both functions were derived from messages recorded against AWS and hold for every one of them
// (test/aws/wire/constraints/java-order.test.ts).

/** `java.lang.String.hashCode`. */
function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}

/** The order in which `java.util.HashMap` (Java 8 and later) iterates over these keys, inserted in this order. */
export function hashMapOrder(keys: readonly string[]): string[] {
  let buckets = 16
  while (keys.length > buckets * 0.75) buckets *= 2
  const bucket = (key: string) => {
    const hash = hashOf(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return sortedBy(keys, bucket)
}

/**
 * The order in which AWS lists the values of an enum: a table of 32 buckets that never grows, and in each of them
 * the value that was inserted last stands first.
 */
export function enumSetOrder(values: readonly string[]): string[] {
  return sortedBy(values.toReversed(), value => hashOf(value) & 31)
}

function sortedBy(texts: readonly string[], rank: (text: string) => number): string[] {
  return texts
    .map(text => [rank(text), text] as const)
    .sort(([a], [b]) => a - b)
    .map(([, text]) => text)
}
