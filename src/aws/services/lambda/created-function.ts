import type { Lambda } from '@aws-sdk/client-lambda'
import { checkEnvironment } from '../../../functions/control/environment-rules.ts'
import type { FunctionRecord } from '../../../functions/control/function-records.ts'
import { invalidParameter, unsupported } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { sealEnvironment } from '../../../functions/control/seal-environment.ts'
import { storeCode } from '../../../functions/control/store-code.ts'
import { checkCodeBesideLayers, useLayers } from '../../../functions/layers/use-layers.ts'
import type { InputOf } from '../../wire/service.ts'
import { type Context, layerCaller, timestamp } from './context.ts'
import { environmentKey } from './environment-key.ts'
import { applySettings, defaultSettings } from './function-settings.ts'
import { receivedZip } from './receive-code.ts'
import { withTags } from './tag-rules.ts'

type CreateFunctionInput = InputOf<Lambda['createFunction']>

/** The record of a new function. Its code is in the store then, the record itself is not written yet. */
export async function createdFunction(
  context: Context,
  name: string,
  input: CreateFunctionInput,
): Promise<FunctionRecord> {
  const { platform, account } = context
  check(name, input)
  const layers = input.Layers && (await useLayers(layerCaller(context), input.Layers))
  const settings = applySettings(defaultSettings(name, input.Role), input, layers)
  const tags = withTags({}, input.Tags ?? {})
  const variables = input.Environment && (input.Environment.Variables ?? {})
  if (variables) checkEnvironment(variables)
  const uid = crypto.randomUUID()
  const environment =
    variables &&
    (await sealEnvironment(
      platform.env,
      { account, name, uid },
      variables,
      await environmentKey(context, settings.kmsKeyArn),
    ))
  const code = await storeCode(platform.env.STORE, receivedZip(input.Code))
  checkCodeBesideLayers(code.unpackedSize, settings.layers)
  return {
    uid,
    latest: {
      ...settings,
      environment,
      architectures: input.Architectures ?? ['x86_64'],
      code: code.hash,
      codeSize: code.size,
      unpackedSize: code.unpackedSize,
      lastModified: timestamp(platform),
      revisionId: crypto.randomUUID(),
    },
    newest: 0,
    deleted: [],
    publishedBytes: 0,
    tags,
  }
}

function check(name: string, input: CreateFunctionInput): void {
  if (name.length > LIMITS.nameLength) {
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${LIMITS.nameLength}`,
    )
  }
  if (input.PackageType === 'Image' || input.Code.ImageUri !== undefined)
    throw unsupported('container images')
  if (!input.Runtime || !input.Handler) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    )
  }
  if (input.CodeSigningConfigArn !== undefined) throw unsupported('code signing')
  if (input.TenancyConfig !== undefined) throw unsupported('tenant isolation')
  if (input.PublishTo !== undefined) throw unsupported('PublishTo')
}
