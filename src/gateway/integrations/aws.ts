import { isFunctionUri } from '../calls/function-uri.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate } from './integrations.ts'
import { prepareMappedFunction } from './mapped-function.ts'
import { prepareService } from './service.ts'

/** `AWS`: a function or another service, with its requests and responses mapped. */
export const prepareAws = (integration: SnapshotIntegration): Integrate =>
  isFunctionUri(integration.uri ?? '') ? prepareMappedFunction(integration) : prepareService(integration)
