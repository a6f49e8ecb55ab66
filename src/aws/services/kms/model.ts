import * as schemas from '@aws-sdk/client-kms/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { KmsHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { kmsNeeds } from './needs.ts'
import { aliasOperations } from './operations/aliases.ts'
import { cryptographicOperations } from './operations/cryptography.ts'
import { keyOperations } from './operations/keys.ts'
import { rotationOperations } from './operations/rotation.ts'
import { tagOperations } from './operations/tags.ts'

/** AWS Key Management Service. https://docs.aws.amazon.com/kms/latest/APIReference/ */
export const kmsService = (): ServiceDefinition<Platform> => ({
  signingName: 'kms',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...keyOperations,
    ...aliasOperations,
    ...cryptographicOperations,
    ...rotationOperations,
    ...tagOperations,
  } satisfies KmsHandlers,
  needs: kmsNeeds,
  // Keys of other accounts may be used where their policies say so.
  reachesOthers: true,
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
})
