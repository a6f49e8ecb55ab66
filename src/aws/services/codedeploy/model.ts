import * as schemas from '@aws-sdk/client-codedeploy/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { CodeDeployHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }

/** AWS CodeDeploy, of which Weir has deployments of functions and stages. https://docs.aws.amazon.com/codedeploy/latest/APIReference/ */
export const codedeployService = (): ServiceDefinition<Platform> => ({
  signingName: 'codedeploy',
  schemas,
  facts: serviceFacts(facts),
  handlers: {} satisfies CodeDeployHandlers,
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
})
