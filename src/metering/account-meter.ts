/**
 * The name of the meter object of an account in a region, which all requests of all of its REST APIs draw from:
 * "API Gateway throttles requests to your API ... by default, limits the steady-state requests per second across all
 * APIs within an AWS account, per Region".
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export const accountMeterName = (account: string, region: string): string => `accounts/${account}/${region}`
