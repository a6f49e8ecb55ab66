/** Wrangler bundles `.sql` files as text (its default module rules). */
declare module '*.sql' {
  const statements: string
  export default statements
}
