/** Resources belong to an account and a region: those of the signature that made them. */
export interface Account {
  /** Twelve digits. */
  readonly id: string
  readonly region: string
}
