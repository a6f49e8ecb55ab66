import { APIGatewayClient } from '@aws-sdk/client-api-gateway'
import { LambdaClient } from '@aws-sdk/client-lambda'

export const REGION = 'us-east-1'
export const ACCOUNT = '000000000000'
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

// One attempt: a retry of the client would hide a failure of the server.
const configuration = (url: string, credentials = CREDENTIALS) => ({
  endpoint: url,
  region: REGION,
  credentials,
  maxAttempts: 1,
})

export const lambdaAt = (url: string, credentials?: typeof CREDENTIALS): LambdaClient =>
  new LambdaClient(configuration(url, credentials))

export const apiGatewayAt = (url: string, credentials?: typeof CREDENTIALS): APIGatewayClient =>
  new APIGatewayClient(configuration(url, credentials))

/** Everything is forgotten: the next test starts from nothing. */
export async function reset(url: string): Promise<void> {
  const response = await fetch(`${url}/_weir/reset`, { method: 'POST' })
  if (!response.ok) throw new Error(`reset answered ${response.status} ${await response.text()}`)
}
