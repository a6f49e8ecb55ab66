/** What all SDK clients' commands look like to what is put between. */
interface Watched {
  readonly middlewareStack: { add(middleware: unknown, options: object): void }
}

/** The client, which notes `service:Operation` of every call that was answered without an error. */
export function watchCalls<T extends object>(client: T, service: string, called: Set<string>): T {
  const note =
    (next: (args: unknown) => Promise<unknown>, { commandName }: { commandName: string }) =>
    async (args: unknown) => {
      const answer = await next(args)
      called.add(`${service}:${commandName.replace(/Command$/, '')}`)
      return answer
    }
  ;(client as unknown as Watched).middlewareStack.add(note, { step: 'initialize' })
  return client
}

/** The error's name, or `ok`. */
export const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    error => (error as Error).name,
  )
