import * as schemas from '@aws-sdk/client-sns/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { SnsHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { snsNeeds } from './needs.ts'
import { permissionOperations } from './operations/permissions.ts'
import { publishOperations } from './operations/publish.ts'
import { subscriptionOperations } from './operations/subscriptions.ts'
import { tagOperations } from './operations/tags.ts'
import { topicOperations } from './operations/topics.ts'

/** Amazon Simple Notification Service. https://docs.aws.amazon.com/sns/latest/api/ */
export const snsService = (): ServiceDefinition<Platform> => ({
  signingName: 'sns',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...topicOperations,
    ...subscriptionOperations,
    ...publishOperations,
    ...permissionOperations,
    ...tagOperations,
  } satisfies SnsHandlers,
  needs: snsNeeds,
  // Topics of other accounts may be used where their policies say so.
  reachesOthers: true,
  codes: {
    validation: 'InvalidParameter',
    serialization: 'MalformedInput',
    denied: 'AuthorizationErrorException',
  },
})
