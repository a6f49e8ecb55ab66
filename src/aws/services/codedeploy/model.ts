import * as schemas from '@aws-sdk/client-codedeploy/dist-es/schemas/schemas_0.js'
import type { RoleMay } from '../../../functions/events/consume-events.ts'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { CodeDeployHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { codedeployNeeds } from './needs.ts'
import { applicationOperations } from './operations/applications.ts'
import { configurationOperations } from './operations/configurations.ts'
import { deploymentOperations } from './operations/deployments.ts'
import { groupOperations } from './operations/groups.ts'
import { revisionOperations } from './operations/revisions.ts'
import { tagOperations } from './operations/tags.ts'
import { targetOperations } from './operations/targets.ts'

/** What CodeDeploy asks of others. */
export interface CodeDeployPorts {
  /** Whether the role of a deployment group may do what a deployment does. */
  readonly roleMay: RoleMay
}

/** AWS CodeDeploy, of which Weir has deployments of functions and stages. https://docs.aws.amazon.com/codedeploy/latest/APIReference/ */
export const codedeployService = ({ roleMay }: CodeDeployPorts): ServiceDefinition<Platform> => ({
  signingName: 'codedeploy',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...applicationOperations,
    ...configurationOperations,
    ...groupOperations,
    ...deploymentOperations(roleMay),
    ...targetOperations,
    ...revisionOperations,
    ...tagOperations,
  } satisfies CodeDeployHandlers,
  needs: codedeployNeeds,
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
})
