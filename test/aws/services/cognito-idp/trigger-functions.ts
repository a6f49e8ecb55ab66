import { Lambda } from '@aws-sdk/client-lambda'
import { zipOf } from '../../../functions/runtime/load-function.ts'
import { clientOptions } from '../../../whole-weir.ts'

const lambda = new Lambda(clientOptions())

/**
 * A function that any pool of the account may call, or none. `body` is that of its handler, and has `event`, which
 * is the answer unless the body returns another.
 */
export async function functionOf(body: string, isPermitted = true): Promise<string> {
  const FunctionName = `trigger-${crypto.randomUUID().slice(0, 8)}`
  const { FunctionArn } = await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Role: 'arn:aws:iam::000000000000:role/service',
    Handler: 'index.handler',
    Code: { ZipFile: zipOf({ 'index.js': `exports.handler = async event => { ${body}; return event }` }) },
  })
  if (isPermitted) {
    await lambda.addPermission({
      FunctionName,
      StatementId: 'pool',
      Action: 'lambda:InvokeFunction',
      Principal: 'cognito-idp.amazonaws.com',
      SourceArn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/*',
      SourceAccount: '000000000000',
    })
  }
  return FunctionArn!
}
