/** One action on one resource by somebody: what policies are asked about. */
export interface AccessRequest {
  /** `lambda:InvokeFunction` */
  readonly action: string
  /** An ARN, or `*` for an action that is about no one resource. */
  readonly resource: string
  /** Needed where resource policies, which name principals, are asked. */
  readonly principal?: Principal
  readonly context: RequestContext
}

/** Condition keys in lower case: they are "not case-sensitive". A key without a value is not there. */
export type RequestContext = Pick<ReadonlyMap<string, string | readonly string[]>, 'get'>

export type Principal =
  | { readonly kind: 'root'; readonly account: string }
  | { readonly kind: 'user'; readonly account: string; readonly arn: string }
  | {
      readonly kind: 'session'
      readonly account: string
      /** Of the session: `arn:aws:sts::...:assumed-role/...` */
      readonly arn: string
      /** Of the role. */
      readonly role: string
    }
  | {
      /** Of `GetFederationToken`. */
      readonly kind: 'federated-user'
      readonly account: string
      /** Of the session: `arn:aws:sts::...:federated-user/...` */
      readonly arn: string
      /** ARN of the user who began it; absent: the account's root did. */
      readonly user?: string
    }
  | {
      /** Somebody whom a provider of identities vouches for, before it has taken a role. */
      readonly kind: 'federated'
      /** ARN of the provider in IAM, or the name of one that everybody has (`accounts.google.com`). */
      readonly provider: string
    }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'anonymous' }

type ContextValue = string | number | boolean | readonly string[] | undefined

export function requestContext(values: Readonly<Record<string, ContextValue>>): RequestContext {
  const context = new Map<string, string | readonly string[]>()
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue
    context.set(key.toLowerCase(), typeof value === 'object' ? value : String(value))
  }
  return context
}

/** A context that is made when a condition or a variable first asks for it: most policies have neither. */
export function lazyContext(make: () => RequestContext): RequestContext {
  let made: RequestContext | undefined
  return {
    get(key) {
      made ??= make()
      return made.get(key)
    },
  }
}
