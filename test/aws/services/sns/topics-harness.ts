import { createVerify, X509Certificate } from 'node:crypto'
import { SNS } from '@aws-sdk/client-sns'
import { vi } from 'vitest'
import { type Keys, newRoot, newUser } from '../../../identity/accounts.ts'
import { clientOptions, ORIGIN, send } from '../../../whole-weir.ts'

export const REGION = 'us-east-1'

export const snsOf = (credentials: Keys): SNS => new SNS({ ...clientOptions(REGION), credentials })

export async function newSns() {
  const root = await newRoot()
  const topicArn = (name: string) => `arn:aws:sns:${REGION}:${root.account}:${name}`
  const userOf = async (name: string, policy?: string) => {
    const user = await newUser(root, name, policy)
    return { arn: user.arn, sns: snsOf(user.credentials) }
  }
  return { account: root.account, root, sns: snsOf(root.credentials), topicArn, userOf }
}

/** What an endpoint was sent. */
export interface Received {
  readonly headers: Headers
  readonly body: string
  // biome-ignore lint/suspicious/noExplicitAny: notifications have forms of their own
  readonly json: any
}

/** Endpoints of `http://{name}.example`: what each was sent, and what it answers. */
export class Endpoints {
  readonly #received = new Map<string, Received[]>()
  readonly #answers = new Map<string, (received: Received) => Response | Promise<Response>>()

  constructor() {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input, init)
      const body = await request.text()
      const name = new URL(request.url).hostname
      const received = { headers: request.headers, body, json: parsed(body) }
      const all = this.#received.get(name) ?? []
      this.#received.set(name, [...all, received])
      return this.#answers.get(name)?.(received) ?? new Response()
    })
  }

  answer(name: string, answer: (received: Received) => Response | Promise<Response>): void {
    this.#answers.set(`${name}.example`, answer)
  }

  received(name: string): readonly Received[] {
    return this.#received.get(`${name}.example`) ?? []
  }

  /** Once it was sent so many messages. */
  async after(name: string, count: number): Promise<readonly Received[]> {
    await vi.waitFor(
      () => {
        if (this.received(name).length < count) throw new Error(`${name} was sent too little`)
      },
      { timeout: 5_000, interval: 10 },
    )
    return this.received(name)
  }

  /** Subscribes an endpoint and follows the link that it is sent. @returns the subscription's ARN */
  async subscribe(sns: SNS, TopicArn: string, name: string, Attributes = {}): Promise<string> {
    const before = this.received(name).length
    await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: `http://${name}.example/hook`, Attributes })
    const confirmation = (await this.after(name, before + 1)).at(-1)!
    const answer = await send(confirmation.json.SubscribeURL)
    return /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(await answer.text())![1]!
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As AWS's documentation has clients verify a notification. */
export async function isGenuine(message: Record<string, string>): Promise<boolean> {
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const text = names
    .flatMap(name => (message[name] === undefined ? [] : `${name}\n${message[name]}\n`))
    .join('')
  const url = message.SigningCertURL!
  const answer = await send(url.startsWith(ORIGIN) ? url : `${ORIGIN}${new URL(url).pathname}`)
  const { publicKey } = new X509Certificate(await answer.text())
  const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
  return createVerify(algorithm).update(text).verify(publicKey, message.Signature!, 'base64')
}
