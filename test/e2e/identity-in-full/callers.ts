import { expect } from 'vitest'
import { customerOf } from './customers.ts'
import { arn, CUSTOMER, made, nameOf, PASSWORD, signed, soon, withToken } from './scenario.ts'

// What is true of each kind of caller from the moment at which there is one.

export async function userIsRight() {
  const arnOfUser = arn('iam', 'user/ann', '')
  await soon(async () =>
    expect(await signed('GET', '/orders', made.user.keys)).toEqual({
      status: 200,
      body: { signed: arnOfUser, secret: 'under the counter' },
    }),
  )
  const denied = await signed('DELETE', '/orders', made.user.keys)
  expect(denied.status).toBe(403)
  expect(denied.body.Message).toMatch(
    `User: ${arnOfUser} is not authorized to perform: execute-api:Invoke on resource: `,
  )
}

export async function customersAreRight() {
  const { status, body } = await withToken('/me', `Bearer ${made.identity}`)
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      claims: { email: CUSTOMER, token_use: 'id', aud: made.customers.ClientId },
      secret: 'under the counter',
    },
  })
  expect((await withToken('/me/settings', made.access)).body.claims).toMatchObject({
    sub: body.claims!.sub,
    token_use: 'access',
  })
  // Each where the other is asked for, and one that has the wrong scope.
  expect((await withToken('/me', made.access)).status).toBe(401)
  expect((await withToken('/me/settings', made.identity)).status).toBe(401)
  expect((await withToken('/report', made.access)).status).toBe(403)
  const refreshed = await customerOf(made.weir, made.customers, CUSTOMER, PASSWORD).refresh(made.refresh)
  expect(refreshed.getIdToken().getJwtToken()).not.toBe(made.identity)
  const again = await withToken('/me', refreshed.getIdToken().getJwtToken())
  expect(again.body.claims!.sub).toBe(body.claims!.sub)
}

export async function programsAreRight() {
  const { status, body } = await withToken('/report', made.report)
  expect([status, body.claims]).toEqual([
    200,
    expect.objectContaining({ client_id: made.program.id, scope: 'orders/read', token_use: 'access' }),
  ])
  expect((await withToken('/me', made.report)).status).toBe(401)
}

export async function partnersAreRight() {
  const token = await made.issuer.token({ aud: 'partner-app', sub: 'carl' })
  const { status, body } = await withToken('/partner', `Bearer ${token}`)
  expect([status, body.claims]).toEqual([200, expect.objectContaining({ iss: made.issuer.url, sub: 'carl' })])
  expect((await withToken('/me', token)).status).toBe(401)
}

export async function sessionIsRight() {
  for (const method of ['GET', 'DELETE']) {
    expect(await signed(method, '/orders', made.session.keys)).toEqual({
      status: 200,
      body: { signed: arn('sts', 'assumed-role/partner/carl', ''), secret: 'under the counter' },
    })
  }
  expect(await nameOf(made.session.lambda.listFunctions({}))).toBe('AccessDeniedException')
}
