import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { testAuthorizer } from '../../../../gateway/authorizers/test-authorizer.ts'
import { compileAuthorizer } from '../../../../gateway/control/compile-snapshot.ts'
import type { Gateway } from '../../../../gateway/gateway.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { checkVariables } from '../stage-rules.ts'
import { trialHeaders } from '../trial-headers.ts'
import { findAuthorizer } from './authorizers.ts'

/** @param gateway what calls the authorizer's function */
export const testAuthorizerOperations = (gateway: () => Gateway) =>
  ({
    async TestInvokeAuthorizer(input, call) {
      const context = contextOf(call)
      const { id, doc } = await findAuthorizer(context, input.restApiId, input.authorizerId)
      const { pathWithQueryString = '/', stageVariables = {} } = input
      checkVariables(stageVariables)
      const headers = trialHeaders(input)
      return testAuthorizer(gateway(), {
        account: context.account,
        apiId: input.restApiId,
        authorizerId: id,
        authorizer: compileAuthorizer(doc),
        headers,
        pathWithQuery: pathWithQueryString,
        stageVariables,
      })
    },
  }) satisfies Handlers<APIGateway, Platform>
