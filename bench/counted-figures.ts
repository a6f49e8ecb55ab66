import { admissionLatency } from './admission-latency.ts'
import { type Bill, printBill } from './bill.ts'
import { countTempo, TEMPOS } from './count-operations.ts'
import { AWS_PER_MILLION } from './prices.ts'

const ADMISSIONS = 200_000

const round = (number: number, digits: number) => Number(number.toFixed(digits))

/**
 * What a request is billed for, as the bench's last line has it. A figure without a suffix is that of a key in the
 * company of others: whoever has a million requests of keys that come once a minute has many such keys.
 *
 * @param cpuMs processor time of one request, milliseconds
 */
export async function countedFigures(cpuMs: number): Promise<Record<string, unknown>> {
  const bills = new Map<string, Bill>()
  for (const tempo of TEMPOS) {
    const bill = await countTempo(tempo, cpuMs)
    bills.set(tempo.name, bill)
    printBill(bill)
  }
  const each = (of: (bill: Bill) => number) => ({
    // A key with a thousand requests a second shares nothing that matters.
    hot: of(bills.get('hot')!),
    one_a_second: of(bills.get('one_a_second, in company')!),
    one_a_second_alone: of(bills.get('one_a_second, alone')!),
    one_a_minute: of(bills.get('one_a_minute, in company')!),
    one_a_minute_alone: of(bills.get('one_a_minute, alone')!),
  })
  const admission = await admissionLatency(ADMISSIONS)
  console.log(
    `\nadmission from memory, ${ADMISSIONS} calls: ${round(admission.p50 * 1000, 2)} µs (p50), ` +
      `${round(admission.p99 * 1000, 2)} µs (p99)`,
  )
  return {
    object_calls_per_1000_requests: each(bill => round(bill.objectCallsPerThousand, 1)),
    rows_written_per_hot_key_hour: round(bills.get('hot for an hour')!.rowsPerKeyHour, 2),
    cost_per_million_usd: {
      ...each(bill => round(bill.usd, 3)),
      api_gateway_and_lambda: round(AWS_PER_MILLION, 3),
      over_api_gateway_and_lambda: each(bill => round(bill.overAws, 3)),
    },
    admission_p99_ms: round(admission.p99, 5),
  }
}
