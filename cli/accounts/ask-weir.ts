import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { CannotStart } from '../cannot-start.ts'
import type { AccountsCommand } from './read-command.ts'

/** What Weir answered. */
export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own, and this side only shows it
  readonly body: any
}

/** One request to a Weir, signed as its owner. Fails with {@link CannotStart} when it cannot be reached. */
export async function askWeir(
  asked: Pick<AccountsCommand, 'url' | 'credentials'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answered> {
  const response = await sendSigned(asked, method, path, body)
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    throw new CannotStart(`What answers at ${asked.url} is no Weir (status ${response.status}).`)
  }
}

/** As {@link askWeir}, in a region, and whatever came is the answer. */
export async function sendSigned(
  {
    url,
    credentials,
    region = 'us-east-1',
  }: Pick<AccountsCommand, 'url' | 'credentials'> & { readonly region?: string },
  method: string,
  path: string,
  body?: object,
): Promise<Response> {
  const { protocol, host, hostname, port, pathname, searchParams } = new URL(path, url)
  const request = new HttpRequest({
    method,
    protocol,
    hostname,
    port: Number(port),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  })
  const signer = new SignatureV4({ credentials, service: 'weir', region, sha256: Sha256 })
  const { headers } = await signer.sign(request)
  try {
    return await fetch(new URL(path, url), { method, headers, body: request.body })
  } catch (error) {
    const { cause, message } = error as Error
    throw new CannotStart(`Weir cannot be reached at ${url}: ${(cause as Error)?.message || message}`)
  }
}
