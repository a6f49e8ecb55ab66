/** Gives the text of `$context.{name}`; undefined where the request has no such thing. */
export type ReadVariable = (name: string) => string | number | boolean | null | undefined

/** A format, cut up once: literal pieces at even places, names behind `$context.` at odd ones. */
export interface AccessLogFormat {
  readonly pieces: readonly string[]
  /** Whether it needs the length of the answer, which takes counting where the answer is a stream. */
  readonly readsLength: boolean
}

/** `$context.a.b`; a dot at the end belongs to the text. Of special characters a name has only underscores. */
const VARIABLE = /\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)/

/** Bytes: "The maximum size of an access log template is 3 KB." */
const LARGEST_FORMAT = 3 * 1024

const REQUIRED: ReadonlySet<string> = new Set(['requestId', 'extendedRequestId'])

/**
 * Cuts up the format of a stage's access log: text of any kind (CLF, JSON, XML, CSV) in one line, with `$context`
 * variables in it. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export function readFormat(format: string): AccessLogFormat {
  const pieces = format.split(VARIABLE)
  const readsLength = pieces.some((piece, i) => i % 2 === 1 && piece === 'responseLength')
  return { pieces, readsLength }
}

/** Why a format is refused, in API Gateway's words; undefined for a good one. */
export function formatProblem(format: string): string | undefined {
  if (new TextEncoder().encode(format).length > LARGEST_FORMAT) {
    return `Access Log format cannot be larger than ${LARGEST_FORMAT} bytes`
  }
  if (/[\r\n]/.test(format)) return 'Access Log format must be single line'
  if (!readFormat(format).pieces.some((piece, i) => i % 2 === 1 && REQUIRED.has(piece))) {
    return 'Access Log format must include either $context.requestId or $context.extendedRequestId'
  }
  return undefined
}

/** One line. What is not there is a hyphen, as API Gateway and the Common Log Format have it. */
export function renderLine({ pieces }: AccessLogFormat, read: ReadVariable): string {
  let line = ''
  for (let i = 0; i < pieces.length; i += 1) line += i % 2 === 0 ? pieces[i] : shown(read(pieces[i]!))
  return line
}

/** A value cannot begin a line of its own: who calls chooses some of them, such as the user agent. */
function shown(value: string | number | boolean | null | undefined): string {
  if (value === undefined || value === null || value === '') return '-'
  return String(value).replace(/[\r\n]+/g, ' ')
}
