/** Messages of wrangler that are not so here, with the reason. Everything else is shown. */
const NOISE: ReadonlyArray<{ readonly says: string; readonly because: string }> = [
  {
    says: 'Scheduled Workers are not automatically triggered during local development',
    because: 'the command triggers them itself, every minute',
  },
]

/**
 * Tells line by line whether it is to be shown. A message of wrangler is a line at the margin and indented or blank
 * lines below it; of a known one all of them are left out.
 */
export function noiseFilter(): (line: string) => boolean {
  let inside = false
  return line => {
    if (NOISE.some(({ says }) => line.includes(says))) inside = true
    else if (/^\S/.test(line)) inside = false
    return !inside
  }
}
