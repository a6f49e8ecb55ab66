type AnyFunction = (this: unknown, ...args: never[]) => unknown

/**
 * A class that may also be called without `new`, as those of Node's `http` may: `http.ServerResponse.call(this, request)`
 * is how older code inherits from it. Such a class sets all its fields in `initialize`, and `base` is called in place
 * of its `super()`.
 */
export function callableClass<
  C extends abstract new (
    ...args: never[]
  ) => { initialize(...args: never[]): void },
>(Class: C, base: unknown): C {
  const { initialize } = Class.prototype as { initialize: AnyFunction }
  function callable(this: object | undefined, ...args: never[]): unknown {
    if (new.target) return Reflect.construct(Class, args, new.target)
    if (!(this instanceof Class)) return Reflect.construct(Class, args)
    ;(base as AnyFunction).call(this)
    initialize.apply(this, args)
    return undefined
  }
  callable.prototype = Class.prototype as object
  Object.setPrototypeOf(callable, Class)
  Object.defineProperty(callable, 'name', { value: Class.name })
  Object.defineProperty(Class.prototype, 'constructor', {
    value: callable,
    writable: true,
    configurable: true,
  })
  return callable as unknown as C
}
