import * as schemas from '@aws-sdk/client-lambda/dist-es/schemas/schemas_0.js'
import { LIMITS } from '../../../functions/control/limits.ts'
import type { EventSources } from '../../../functions/event-sources/event-source.ts'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { lambdaNeeds } from './needs.ts'
import { accountOperations } from './operations/account.ts'
import { aliasOperations } from './operations/aliases.ts'
import { codeOperations } from './operations/code.ts'
import { codeSigningOperations } from './operations/code-signing.ts'
import { concurrencyOperations, type Warming } from './operations/concurrency.ts'
import { configurationOperations } from './operations/configuration.ts'
import { eventInvokeConfigOperations, type Telling } from './operations/event-invoke-config.ts'
import { eventSourceMappingOperations } from './operations/event-source-mappings.ts'
import { functionUrlOperations } from './operations/function-urls.ts'
import { functionOperations } from './operations/functions.ts'
import { type Invoking, invokeOperations } from './operations/invoke.ts'
import { invokeAsyncOperations } from './operations/invoke-async.ts'
import { type InvokingStreams, invokeStreamOperations } from './operations/invoke-stream.ts'
import { layerPermissionOperations } from './operations/layer-permissions.ts'
import { layerOperations } from './operations/layers.ts'
import { permissionOperations } from './operations/permissions.ts'
import { recursionOperations } from './operations/recursion.ts'
import { runtimeManagementOperations } from './operations/runtime-management.ts'
import { tagOperations } from './operations/tags.ts'
import { versionOperations } from './operations/versions.ts'
import { answeringAtOwner } from './owner.ts'
import { requestFacts } from './request-facts.ts'

/** A package travels as base64 inside the document. */
const PACKAGE_REQUEST_BYTES = Math.ceil(LIMITS.zipBytes / 3) * 4 + LIMITS.requestSlackBytes

const tooLarge = (operation: string, bytes: number) => ({
  bytes,
  code: 'RequestEntityTooLargeException',
  message: `Request must be smaller than ${bytes} bytes for the ${operation} operation`,
})

/** What the operations reach beyond the control plane through. */
export interface LambdaPorts extends Invoking, InvokingStreams, Telling, Warming {
  readonly eventSources: EventSources
}

/** AWS Lambda's API. https://docs.aws.amazon.com/lambda/latest/api/ */
export const lambdaService = (ports: LambdaPorts): ServiceDefinition<Platform> => ({
  signingName: 'lambda',
  schemas,
  facts: requestFacts(serviceFacts(facts)),
  handlers: answeringAtOwner({
    ...functionOperations,
    ...codeOperations,
    ...configurationOperations,
    ...versionOperations,
    ...aliasOperations,
    ...permissionOperations,
    ...functionUrlOperations,
    ...layerOperations,
    ...layerPermissionOperations,
    ...tagOperations,
    ...accountOperations,
    ...concurrencyOperations(ports),
    ...codeSigningOperations,
    ...eventInvokeConfigOperations(ports),
    ...eventSourceMappingOperations(ports.eventSources),
    ...recursionOperations,
    ...runtimeManagementOperations,
    ...invokeOperations(ports),
    ...invokeStreamOperations(ports),
    ...invokeAsyncOperations(ports),
  }),
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
  needs: lambdaNeeds,
  reachesOthers: true,
  payloadTypes: { Invoke: 'application/json' },
  bodyLimits: {
    CreateFunction: tooLarge('CreateFunction', PACKAGE_REQUEST_BYTES),
    UpdateFunctionCode: tooLarge('UpdateFunctionCode', PACKAGE_REQUEST_BYTES),
    PublishLayerVersion: tooLarge('PublishLayerVersion', PACKAGE_REQUEST_BYTES),
    Invoke: tooLarge('InvokeFunction', LIMITS.requestPayloadBytes),
    InvokeAsync: tooLarge('InvokeAsync', LIMITS.eventPayloadBytes),
    InvokeWithResponseStream: tooLarge('InvokeWithResponseStream', LIMITS.requestPayloadBytes),
  },
})
