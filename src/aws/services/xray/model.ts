import * as schemas from '@aws-sdk/client-xray/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { XRayHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { xrayNeeds } from './needs.ts'
import { samplingOperations } from './operations/sampling.ts'
import { segmentOperations } from './operations/segments.ts'
import { graphOperations } from './operations/service-graph.ts'
import { traceOperations } from './operations/traces.ts'

/** AWS X-Ray. https://docs.aws.amazon.com/xray/latest/api/ */
export const xrayService = (): ServiceDefinition<Platform> => ({
  signingName: 'xray',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...segmentOperations,
    ...traceOperations,
    ...graphOperations,
    ...samplingOperations,
  } satisfies XRayHandlers,
  needs: xrayNeeds,
  codes: { validation: 'InvalidRequestException', serialization: 'SerializationException' },
})
