import type { APIGateway } from '@aws-sdk/client-api-gateway'
import * as schemas from '@aws-sdk/client-api-gateway/dist-es/schemas/schemas_0.js'
import type { Gateway } from '../../../gateway/gateway.ts'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { Handler, Handlers, ServiceDefinition } from '../../wire/service.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { modifyOrConflict } from './modify-or-conflict.ts'
import { apigatewayNeeds } from './needs.ts'
import { accountOperations } from './operations/account.ts'
import { apiKeyOperations } from './operations/api-keys.ts'
import { authorizerOperations } from './operations/authorizers.ts'
import { basePathMappingOperations } from './operations/base-path-mappings.ts'
import { deploymentOperations } from './operations/deployments.ts'
import { documentationOperations } from './operations/documentation.ts'
import { domainNameOperations } from './operations/domain-names.ts'
import { flushStageCacheOperations } from './operations/flush-stage-cache.ts'
import { gatewayResponseOperations } from './operations/gateway-responses.ts'
import { importApiKeysOperations } from './operations/import-api-keys.ts'
import { IMPORT_BODY_LIMITS, importExportOperations } from './operations/import-export.ts'
import { integrationResponseOperations } from './operations/integration-responses.ts'
import { integrationOperations } from './operations/integrations.ts'
import { methodResponseOperations } from './operations/method-responses.ts'
import { methodOperations } from './operations/methods.ts'
import { modelOperations } from './operations/models.ts'
import { requestValidatorOperations } from './operations/request-validators.ts'
import { resourceOperations } from './operations/resources.ts'
import { restApiOperations } from './operations/rest-apis.ts'
import { sdkOperations } from './operations/sdks.ts'
import { stageOperations } from './operations/stages.ts'
import { tagOperations } from './operations/tags.ts'
import { testAuthorizerOperations } from './operations/test-authorizer.ts'
import { testInvokeMethodOperations } from './operations/test-invoke-method.ts'
import { usageOperations } from './operations/usage.ts'
import { usagePlanKeyOperations } from './operations/usage-plan-keys.ts'
import { usagePlanOperations } from './operations/usage-plans.ts'
import { vpcLinkOperations } from './operations/vpc-links.ts'

/**
 * API Gateway's REST APIs (v1).
 *
 * @param gateway the data plane that serves them, for operations that try something out on it
 */
export function apigatewayService(gateway: () => Gateway = noGateway): ServiceDefinition<Platform> {
  return {
    signingName: 'apigateway',
    schemas,
    facts: serviceFacts(facts),
    handlers: Object.fromEntries(
      Object.entries<Handler<Platform>>({ ...OPERATIONS, ...trialOperations(gateway) }).map(
        ([name, handler]): [string, Handler<Platform>] => [
          name,
          (input, call) => modifyOrConflict(() => handler(input, call)),
        ],
      ),
    ),
    bodyLimits: IMPORT_BODY_LIMITS,
    codes: { validation: 'ValidationException', serialization: 'SerializationException' },
    needs: apigatewayNeeds,
  }
}

const noGateway = (): never => {
  throw new Error('nothing can be tried out: this service was put together without a data plane')
}

/** What calls the back ends of an API that is perhaps deployed nowhere. */
const trialOperations = (gateway: () => Gateway) =>
  ({
    ...testAuthorizerOperations(gateway),
    ...testInvokeMethodOperations(gateway),
  }) satisfies Handlers<APIGateway, Platform>

const OPERATIONS = {
  ...accountOperations,
  ...apiKeyOperations,
  ...authorizerOperations,
  ...basePathMappingOperations,
  ...deploymentOperations,
  ...documentationOperations,
  ...domainNameOperations,
  ...flushStageCacheOperations,
  ...gatewayResponseOperations,
  ...importApiKeysOperations,
  ...importExportOperations,
  ...integrationOperations,
  ...integrationResponseOperations,
  ...methodOperations,
  ...methodResponseOperations,
  ...modelOperations,
  ...requestValidatorOperations,
  ...resourceOperations,
  ...restApiOperations,
  ...sdkOperations,
  ...stageOperations,
  ...tagOperations,
  ...usageOperations,
  ...usagePlanKeyOperations,
  ...usagePlanOperations,
  ...vpcLinkOperations,
} satisfies Handlers<APIGateway, Platform>
