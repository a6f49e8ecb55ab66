import * as schemas from '@aws-sdk/client-codedeploy/dist-es/schemas/schemas_0.js'
import type { Authority } from '../../../identity/authority.ts'
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
  /** Decides whether the role of a deployment group may do what a deployment does. */
  readonly authority: Authority
}

/** AWS CodeDeploy, of which Weir has deployments of functions and stages. https://docs.aws.amazon.com/codedeploy/latest/APIReference/ */
export const codedeployService = ({ authority }: CodeDeployPorts): ServiceDefinition<Platform> => ({
  signingName: 'codedeploy',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...applicationOperations,
    ...configurationOperations,
    ...groupOperations,
    ...deploymentOperations(authority),
    ...targetOperations,
    ...revisionOperations,
    ...tagOperations,
  } satisfies CodeDeployHandlers,
  needs: codedeployNeeds,
  codes: { validation: 'ValidationException', serialization: 'SerializationException' },
})
