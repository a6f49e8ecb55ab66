let known: ReadonlySet<string> | undefined

/** Whether a text is a code of ISO 4217 that the platform knows, such as `EUR`. */
export function isCurrency(code: unknown): code is string {
  known ??= new Set(Intl.supportedValuesOf('currency'))
  return typeof code === 'string' && known.has(code)
}

/** Digits behind the point of the currency's smallest coin: 2 for EUR, 0 for JPY, 3 for KWD. */
export function coinDigits(code: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: code })
  return format.resolvedOptions().maximumFractionDigits ?? 2
}
