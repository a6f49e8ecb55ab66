import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { testAuthorizer } from '../../../../gateway/authorizers/test-authorizer.ts'
import { compileAuthorizer } from '../../../../gateway/control/compile-snapshot.ts'
import type { Gateway } from '../../../../gateway/gateway.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { badRequest } from '../refusals.ts'
import { checkVariables } from '../stage-rules.ts'
import { findAuthorizer } from './authorizers.ts'

/** @param gateway what calls the authorizer's function */
export const testAuthorizerOperations = (gateway: () => Gateway) =>
  ({
    async TestInvokeAuthorizer(input, call) {
      const context = contextOf(call)
      const { id, doc } = await findAuthorizer(context, input.restApiId, input.authorizerId)
      const { headers = {}, multiValueHeaders = {}, pathWithQueryString = '/', stageVariables = {} } = input
      checkVariables(stageVariables)
      const given = [
        ...Object.entries(multiValueHeaders).flatMap(([name, values]) =>
          values.map((value): [string, string] => [name, value]),
        ),
        ...Object.entries(headers).filter(([name]) => !Object.hasOwn(multiValueHeaders, name)),
      ]
      checkHeaders(given)
      return testAuthorizer(gateway(), {
        account: context.account,
        apiId: input.restApiId,
        authorizerId: id,
        authorizer: compileAuthorizer(doc),
        headers: given,
        pathWithQuery: pathWithQueryString,
        stageVariables,
      })
    },
  }) satisfies Handlers<APIGateway, Platform>

function checkHeaders(headers: ReadonlyArray<[string, string]>): void {
  try {
    new Headers(headers)
  } catch {
    throw badRequest('Invalid headers specified')
  }
}
