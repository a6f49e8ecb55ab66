/**
 * Whether a whole text is of a pattern in which `*` stands for any characters and `?` for one. Takes no more time than
 * the product of their lengths, whoever wrote them.
 */
export function matchesWildcards(pattern: string, text: string): boolean {
  let inPattern = 0
  let inText = 0
  // Where the last `*` was met, and from where on the text goes on behind what it stands for.
  let star = -1
  let resume = 0
  while (inText < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern++
      resume = inText
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[inText])) {
      inPattern += 1
      inText += 1
    } else if (star >= 0) {
      inPattern = star + 1
      inText = ++resume
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern += 1
  return inPattern === pattern.length
}
