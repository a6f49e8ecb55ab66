import { jsonBody } from './json-body.ts'
import { type Protocol, REQUEST_ID_HEADER } from './protocol.ts'

const json = jsonBody({ timestampFormat: { useTrait: true, default: 7 as const }, jsonName: false })

/** awsJson 1.0 and 1.1 differ by their content type: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
function awsJson(version: '1.0' | '1.1'): Protocol {
  const type = `application/x-amz-json-${version}`
  return {
    name: `awsJson${version}`,
    read(operation, _labels, request) {
      return json.read(operation.input, request.body)
    },
    write(operation, output, names) {
      const body = operation.output.isUnitSchema() ? '' : json.write(operation.output, output)
      return new Response(body as BodyInit, {
        headers: { 'content-type': type, [REQUEST_ID_HEADER]: names.requestId },
      })
    },
    writeFault(fault, names) {
      // 1.1 services may prefix the code with a namespace; clients take what follows the '#'.
      const document = { __type: fault.code, ...fault.members, message: fault.message }
      return new Response(JSON.stringify(document), {
        status: fault.status,
        headers: {
          'content-type': type,
          'x-amzn-errortype': fault.code,
          [REQUEST_ID_HEADER]: names.requestId,
        },
      })
    },
  }
}

export const awsJson1_0 = awsJson('1.0')
export const awsJson1_1 = awsJson('1.1')
