/** What the names of bindings that VPC links lead to begin with, so that no link leads to any other binding. */
const PREFIX = 'WEIR_LINK_'

/** `arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}/{id}` */
const LOAD_BALANCER =
  /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/net\/([A-Za-z0-9-]{1,32})\/[A-Za-z0-9]+$/

/**
 * The binding that stands for a network load balancer: `WEIR_LINK_ORDERS_PROD` for one that is named `orders-prod`.
 * Undefined when the ARN names none.
 */
export function bindingOf(targetArn: string): string | undefined {
  const name = LOAD_BALANCER.exec(targetArn)?.[1]
  return name && PREFIX + name.toUpperCase().replaceAll('-', '_')
}

export const isLinkBinding = (binding: string): boolean => binding.startsWith(PREFIX)
