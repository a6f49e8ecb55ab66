import type { ErrorShape, Operation } from '../operations.ts'

/** One request, as far as a protocol needs it. */
export interface WireRequest {
  readonly method: string
  readonly rawPath: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What a protocol writes for a refusal: public words only. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  /** The modelled shape, when the service has one of this code. */
  readonly shape?: ErrorShape
}

export interface Names {
  readonly requestId: string
  readonly xmlNamespace: string
  /** The client speaks JSON to a service that it used to speak awsQuery to, and knows errors by their old codes. */
  readonly queryMode?: boolean
  /** Of an answer whose body is one binary member, where the model does not say what is in it. */
  readonly payloadType?: string
  /**
   * Words what goes wrong after the answer has begun, for answers that are streams of events. Without it such an
   * answer breaks off.
   */
  readonly faultOf?: (error: unknown) => Fault
}

/** How one AWS protocol reads requests and writes answers. It knows no service. */
export interface Protocol {
  readonly name: string
  /** Throws {@link SerializationFailure} for input that is not of the operation's shape. */
  read(
    operation: Operation,
    labels: Readonly<Record<string, string>>,
    request: WireRequest,
  ): Record<string, unknown>
  write(operation: Operation, output: Record<string, unknown>, names: Names): Response
  writeFault(fault: Fault, names: Names): Response
}

/** The body could not be read as the operation's input. The message is public. */
export class SerializationFailure extends Error {}

export const REQUEST_ID_HEADER = 'x-amzn-requestid'

/** Who is at fault, as clients are told it. */
export const faultType = (status: number): string => (status >= 500 ? 'Receiver' : 'Sender')

/** In what other protocols a client of {@link Names.queryMode} is told the code that it knows. */
export const QUERY_ERROR_HEADER = 'x-amzn-query-error'

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait */
export const queryErrorOf = ({ shape, code, status }: Fault): string =>
  `${shape?.queryCode ?? code};${faultType(status)}`

/** The fault's members under the names that its shape has for them: Lambda writes `Message` in some errors. */
export function faultMembers(fault: Fault): Record<string, unknown> {
  const members: Record<string, unknown> = { ...fault.members }
  if (!fault.shape) return members
  for (const [name] of fault.shape.schema.structIterator()) {
    if (name.toLowerCase() === 'message') members[name] = fault.message
  }
  return members
}
