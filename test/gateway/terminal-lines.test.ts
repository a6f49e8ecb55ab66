import { expect, test } from 'vitest'
import { terminalLines } from '../../src/gateway/logs/terminal-lines.ts'

const group = 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod'

test('names the log of a line as shortly as its owner does', () => {
  expect(
    terminalLines([
      { destination: 'arn:aws:logs:us-east-1:123456789012:log-group:/apis/prod', message: 'one' },
      {
        destination: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/amazon-apigateway-x',
        message: 'two',
      },
      { destination: group, message: '(r1) three' },
    ]),
  ).toBe('/apis/prod | one\namazon-apigateway-x | two\na1b2c3d4e5/prod | (r1) three')
})

test('shows what a canary and its stage both have once, as the canary’s', () => {
  expect(
    terminalLines([
      { destination: 'arn:aws:logs:us-east-1:1:log-group:mine', message: 'r1 200' },
      { destination: 'API-Gateway-Access-Logs_a1b2c3d4e5/prod/Canary', message: 'r1 200' },
      { destination: group, message: '(r1) Starting' },
      { destination: `${group}/Canary`, message: '(r1) Starting' },
      { destination: group, message: '(r2) Starting' },
    ]),
  ).toBe('mine | r1 200\na1b2c3d4e5/prod/Canary | (r1) Starting\na1b2c3d4e5/prod | (r2) Starting')
})
