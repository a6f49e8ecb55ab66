import type { KMS } from '@aws-sdk/client-kms'
import * as schemas from '@aws-sdk/client-kms/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { Handlers, ServiceDefinition } from '../../wire/service.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { keyOperations } from './operations/keys.ts'

export type KmsHandlers = Handlers<KMS, Platform>

/** AWS Key Management Service. https://docs.aws.amazon.com/kms/latest/APIReference/ */
export const kmsService = (): ServiceDefinition<Platform> => ({
  signingName: 'kms',
  schemas,
  facts: serviceFacts(facts),
  handlers: { ...keyOperations } satisfies KmsHandlers,
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
})
