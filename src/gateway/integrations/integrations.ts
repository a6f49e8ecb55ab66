import type { Exchange, Reply } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { prepareAws } from './aws.ts'
import { prepareFunctionProxy } from './function-proxy.ts'
import { prepareHttp } from './http.ts'
import { prepareHttpProxy } from './http-proxy.ts'
import { prepareMock } from './mock.ts'

/** Answers a request from a method's back end. */
export type Integrate = (exchange: Exchange) => IntegrationResult | Promise<IntegrationResult>

export type IntegrationResult = { readonly reply: Reply } | { readonly refusal: GatewayRefusal }

/** Does all that needs doing once: parsing, compiling, cutting up. */
export type PrepareIntegration = (integration: SnapshotIntegration) => Integrate

const KINDS: Readonly<Partial<Record<SnapshotIntegration['type'], PrepareIntegration>>> = {
  AWS: prepareAws,
  AWS_PROXY: prepareFunctionProxy,
  HTTP: prepareHttp,
  HTTP_PROXY: prepareHttpProxy,
  MOCK: prepareMock,
}

/** A method without an integration, or with one of a kind that is not served, is a mistake of its owner. */
const unanswerable: Integrate = () => ({ refusal: misconfigured('No integration defined for method') })

export function prepareIntegration(integration: SnapshotIntegration | undefined): Integrate {
  const prepare = integration && KINDS[integration.type]
  return prepare ? prepare(integration) : unanswerable
}
