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
export type RequestContext = ReadonlyMap<string, string | readonly string[]>

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
export const lazyContext = (make: () => RequestContext): RequestContext => new LazyContext(make)

class LazyContext implements RequestContext {
  readonly #make: () => RequestContext
  #made: RequestContext | undefined

  constructor(make: () => RequestContext) {
    this.#make = make
  }

  get #all(): RequestContext {
    this.#made ??= this.#make()
    return this.#made
  }

  get size(): number {
    return this.#all.size
  }

  get(key: string): string | readonly string[] | undefined {
    return this.#all.get(key)
  }

  has(key: string): boolean {
    return this.#all.has(key)
  }

  keys() {
    return this.#all.keys()
  }

  values() {
    return this.#all.values()
  }

  entries() {
    return this.#all.entries()
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]()
  }

  forEach(callback: Parameters<RequestContext['forEach']>[0]): void {
    this.#all.forEach(callback)
  }
}
