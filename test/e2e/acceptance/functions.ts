import {
  AddPermissionCommand,
  CreateFunctionCommand,
  InvokeCommand,
  type InvokeCommandOutput,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { strToU8, type Zippable, zipSync } from 'fflate'

/** A package of source files, by path. */
export const zip = (files: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(files).map(([path, content]) => [
        path,
        typeof content === 'string' ? strToU8(content) : content,
      ]),
    ) as Zippable,
  )

export async function createFunction(
  lambda: LambdaClient,
  FunctionName: string,
  ZipFile: Uint8Array,
  settings: { Timeout?: number; Environment?: { Variables: Record<string, string> } } = {},
): Promise<string> {
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/acceptance',
      Code: { ZipFile },
      ...settings,
    }),
  )
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName })
  return created.FunctionArn!
}

/** Creates a function and publishes one version of it for each package: 1, 2, 3 ... */
export async function createVersions(
  lambda: LambdaClient,
  FunctionName: string,
  packages: readonly Uint8Array[],
): Promise<string> {
  const arn = await createFunction(lambda, FunctionName, packages[0]!)
  for (const [index, ZipFile] of packages.entries()) {
    if (index > 0) {
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
      await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName })
    }
    const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }))
    if (Version !== String(index + 1)) throw new Error(`published ${Version} instead of ${index + 1}`)
  }
  return arn
}

/** Lets every API of the account call the function, or one alias of it. */
export async function letGatewayCall(
  lambda: LambdaClient,
  FunctionName: string,
  Qualifier?: string,
): Promise<void> {
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      Qualifier,
      StatementId: `gateway-${Qualifier ?? 'all'}`,
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }),
  )
}

export async function invoke<T>(
  lambda: LambdaClient,
  FunctionName: string,
  event: unknown = {},
  Qualifier?: string,
): Promise<{ payload: T; version: string | undefined; output: InvokeCommandOutput }> {
  const output = await lambda.send(
    new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event) }),
  )
  const text = output.Payload!.transformToString()
  if (output.FunctionError) throw new Error(`${FunctionName} failed: ${text}`)
  return { payload: JSON.parse(text) as T, version: output.ExecutedVersion, output }
}
