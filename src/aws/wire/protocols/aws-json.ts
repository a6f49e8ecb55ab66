import type { NormalizedSchema } from '@smithy/core/schema'
import { EVENT_STREAM_TYPE, rpcEventStream } from './event-stream.ts'
import { jsonBody } from './json-body.ts'
import {
  type Fault,
  faultMembers,
  type Protocol,
  QUERY_ERROR_HEADER,
  queryErrorOf,
  REQUEST_ID_HEADER,
} from './protocol.ts'
import type { Plain } from './values.ts'

const json = jsonBody({ jsonName: false })

/** awsJson 1.0 and 1.1 differ by their content type: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
function awsJson(version: '1.0' | '1.1'): Protocol {
  const type = `application/x-amz-json-${version}`
  return {
    name: `awsJson${version}`,
    read(operation, _labels, request) {
      return json.read(operation.input, request.body) as Plain
    },
    write(operation, output, names) {
      const streamed = streamedMember(operation.output)
      if (streamed) {
        const { [streamed.name]: events, ...initial } = output
        const document = json.toDocument(operation.output, initial)
        const body = rpcEventStream(document, streamed.union, events as AsyncIterable<Plain>, names.faultOf)
        return new Response(body, {
          headers: { 'content-type': EVENT_STREAM_TYPE, [REQUEST_ID_HEADER]: names.requestId },
        })
      }
      const body = operation.output.isUnitSchema() ? '' : json.write(operation.output, output)
      return new Response(body, {
        headers: { 'content-type': type, [REQUEST_ID_HEADER]: names.requestId },
      })
    },
    writeFault(fault, names) {
      const headers = new Headers({
        'content-type': type,
        'x-amzn-errortype': fault.code,
        [REQUEST_ID_HEADER]: names.requestId,
      })
      if (names.queryMode) headers.set(QUERY_ERROR_HEADER, queryErrorOf(fault))
      return new Response(JSON.stringify(faultDocument(fault)), { status: fault.status, headers })
    },
  }
}

/** The member of an output that is a stream of events, if it has one. */
function streamedMember(output: NormalizedSchema): { name: string; union: NormalizedSchema } | undefined {
  if (output.isUnitSchema()) return undefined
  for (const [name, union] of output.structIterator()) {
    if (union.isStreaming() && union.isUnionSchema()) return { name, union }
  }
  return undefined
}

/** 1.1 services may prefix the type with a namespace; clients take what follows the '#'. */
function faultDocument(fault: Fault): Plain {
  const members = faultMembers(fault)
  const modelled = fault.shape ? (json.toDocument(fault.shape.schema, members) as Plain) : {}
  // Clients look for either spelling; `message` is the one that every SDK reads.
  return { ...members, message: fault.message, ...modelled, __type: fault.code }
}

export const awsJson1_0 = awsJson('1.0')
export const awsJson1_1 = awsJson('1.1')
