import type { Account } from '../../lib/account.ts'
import type { LogLines } from '../logs/log-event.ts'
import { attribute, nanoseconds, resourceOf, SCOPE } from './otlp-json.ts'

/** Lines of a log group as records: https://opentelemetry.io/docs/specs/otel/logs/data-model/ */
export const otlpLogs = (
  told: readonly { readonly account: Account; readonly group: string; readonly lines: LogLines }[],
) => ({
  resourceLogs: told.map(({ account, group, lines }) => ({
    resource: resourceOf(account, group),
    scopeLogs: [
      {
        scope: SCOPE,
        logRecords: lines.events.map(({ timestamp, message }) => ({
          timeUnixNano: nanoseconds(timestamp),
          observedTimeUnixNano: nanoseconds(timestamp),
          body: { stringValue: message },
          attributes: [
            attribute('aws.log.group.names', group),
            attribute('aws.log.stream.names', lines.stream),
          ],
        })),
      },
    ],
  })),
})
