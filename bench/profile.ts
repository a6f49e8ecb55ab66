interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly hitCount: number
}

/** A profile of V8, as `.cpuprofile` files hold it. */
export interface Profile {
  readonly nodes: readonly ProfileNode[]
}

interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/**
 * Samples where one worker of a workerd spends its time while `work` runs, through workerd's inspector.
 *
 * @param inspector `ws://host:port` of the process
 */
export async function profile(
  inspector: URL,
  worker: string,
  work: () => Promise<unknown>,
): Promise<Profile> {
  const targets = (await (await fetch(`http://${inspector.host}/json`)).json()) as {
    id: string
    webSocketDebuggerUrl: string
  }[]
  const target = targets.find(({ id }) => id === `core:user:${worker}`)
  if (!target) throw new Error(`no worker ${worker} among ${targets.map(({ id }) => id).join(', ')}`)
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('the inspector refused the connection')))
  })
  const waiting = new Map<number, (message: Message) => void>()
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
  })
  let sent = 0
  const ask = (method: string, params = {}): Promise<unknown> => {
    const id = ++sent
    socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) =>
      waiting.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result))),
    )
  }
  try {
    await ask('Profiler.enable')
    await ask('Profiler.setSamplingInterval', { interval: 200 })
    await ask('Profiler.start')
    await work()
    const { profile } = (await ask('Profiler.stop')) as { profile: Profile }
    return profile
  } finally {
    socket.close()
  }
}

export interface Cost {
  readonly function: string
  /** Of the samples, in percent, without what it calls. */
  readonly self: number
}

/** The functions that most samples were taken in, idle time left out. */
export function greatestCosts({ nodes }: Profile, count: number): Cost[] {
  const hits = new Map<string, number>()
  let all = 0
  for (const { callFrame, hitCount } of nodes) {
    const { functionName, url, lineNumber } = callFrame
    if (functionName === '(idle)' || functionName === '(root)') continue
    const name = url === '' ? functionName : `${functionName || '(anonymous)'} ${url}:${lineNumber + 1}`
    hits.set(name, (hits.get(name) ?? 0) + hitCount)
    all += hitCount
  }
  return [...hits]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, hit]) => ({ function: name, self: Number(((100 * hit) / all).toFixed(1)) }))
}
