/** `type/subtype` in lower case, without parameters; '' for a missing or empty header. */
export function mediaTypeOf(contentType: string | null): string {
  if (!contentType) return ''
  const end = contentType.indexOf(';')
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}
