import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { compileSnapshot } from '../../../../gateway/control/compile-snapshot.ts'
import { linkBindings } from '../../../../gateway/control/vpc-link-records.ts'
import type { Gateway } from '../../../../gateway/gateway.ts'
import type { Snapshot } from '../../../../gateway/snapshot.ts'
import { testMethod } from '../../../../gateway/test-method.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf } from '../context.ts'
import { findResource } from '../edit-method.ts'
import { readDefiningParts } from '../read-defining-parts.ts'
import { badRequest, noSuchMethod } from '../refusals.ts'
import { checkVariables } from '../stage-rules.ts'
import { trialHeaders } from '../trial-headers.ts'
import { findApi } from './rest-apis.ts'

/** @param gateway what calls the method's back end */
export const testInvokeMethodOperations = (gateway: () => Gateway) =>
  ({
    async TestInvokeMethod(input, call) {
      const context = contextOf(call)
      const { stageVariables = {} } = input
      checkVariables(stageVariables)
      const snapshot = await compileMethod(context, input)
      const headers = trialHeaders(input)
      const { arn, account } = call.identity
      const result = await testMethod(gateway(), {
        snapshot,
        httpMethod: input.httpMethod,
        headers,
        pathWithQuery: input.pathWithQueryString ?? '',
        body: input.body,
        stageVariables,
        links: await linkBindings(context.records),
        identity: { userArn: arn, user: arn, caller: arn, accountId: account },
      })
      const grouped = Map.groupBy(result.headers, ([name]) => name)
      return {
        status: result.status,
        body: result.body,
        headers: Object.fromEntries(result.headers),
        multiValueHeaders: Object.fromEntries(
          [...grouped].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]),
        ),
        log: result.log,
        latency: result.latency,
      }
    },
  }) satisfies Handlers<APIGateway, Platform>

/** The API as it is now, with nothing in it but the method: what else it has may be unfinished. */
async function compileMethod(
  context: Context,
  input: { readonly restApiId: string; readonly resourceId: string; readonly httpMethod: string },
): Promise<Snapshot> {
  const { records, account } = context
  const { restApiId: apiId, httpMethod } = input
  const api = await findApi(context, apiId)
  const resource = await findResource(context, apiId, input.resourceId)
  const { methods } = resource.doc
  // A resource that takes any method is tried out by each of them.
  const name = Object.hasOwn(methods, httpMethod) ? httpMethod : 'ANY'
  if (!Object.hasOwn(methods, name)) throw noSuchMethod()
  const snapshot = compileSnapshot({
    account,
    apiId,
    api: api.doc,
    resources: [{ ...resource, doc: { ...resource.doc, methods: { [name]: methods[name]! } } }],
    ...(await readDefiningParts(records, apiId)),
  })
  if (typeof snapshot === 'string') throw badRequest('No integration defined for method')
  return snapshot
}
