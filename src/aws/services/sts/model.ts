import * as schemas from '@aws-sdk/client-sts/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { StsPorts } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { stsNeeds } from './needs.ts'
import { assumeRoleOperations } from './operations/assume-role.ts'
import { identityOperations } from './operations/identity.ts'
import { sessionTokenOperations } from './operations/session-token.ts'
import { webIdentityOperations } from './operations/web-identity.ts'

/** AWS Security Token Service. https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsService = (ports: StsPorts): ServiceDefinition<Platform> => ({
  signingName: 'sts',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...identityOperations(ports),
    ...assumeRoleOperations(ports),
    ...webIdentityOperations(ports),
    ...sessionTokenOperations(ports),
  },
  codes: { validation: 'ValidationError', serialization: 'MalformedInput', denied: 'AccessDenied' },
  needs: stsNeeds(ports),
  reachesOthers: true,
  // The token is who asks, or the assertion, of which everybody is told that Weir does not read it.
  unsigned: new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML']),
})
