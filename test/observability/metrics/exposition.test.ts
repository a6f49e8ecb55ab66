import { expect, it } from 'vitest'
import { exposition } from '../../../src/observability/metrics/prometheus/exposition.ts'
import { Accumulator } from '../../../src/observability/metrics/summary.ts'

const summaryOf = (...values: number[]) => {
  const sum = new Accumulator()
  for (const value of values) sum.add(value)
  return sum.summary()
}

it('tells durations as histograms in seconds, and everything else as sum and count', () => {
  const text = exposition([
    {
      namespace: 'AWS/Lambda',
      labels: { FunctionName: 'f "1"\\\n', ExecutedVersion: '2' },
      dimensionSets: [],
      totals: [
        { metric: 'Errors', unit: 'Count', summary: summaryOf(0, 1, 0) },
        { metric: 'Duration', unit: 'Milliseconds', summary: summaryOf(1, 3, 40, 2_000) },
      ],
    },
    {
      namespace: 'AWS/ApiGateway',
      labels: {},
      dimensionSets: [],
      totals: [
        { metric: '4XXError', unit: 'Count', summary: summaryOf(1) },
        { metric: 'Egress', unit: 'Bytes/Second', summary: summaryOf(5) },
      ],
    },
  ])
  expect(text).toMatchInlineSnapshot(`
    "# TYPE aws_api_gateway_4xx_error summary
    aws_api_gateway_4xx_error_sum 1
    aws_api_gateway_4xx_error_count 1
    # TYPE aws_api_gateway_egress_bytes_per_second summary
    aws_api_gateway_egress_bytes_per_second_sum 5
    aws_api_gateway_egress_bytes_per_second_count 1
    # TYPE aws_lambda_duration_seconds histogram
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.001"} 1
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.0025"} 1
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.005"} 2
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.01"} 2
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.025"} 2
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.05"} 3
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.1"} 3
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.25"} 3
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="0.5"} 3
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="1"} 3
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="2.5"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="5"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="10"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="30"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="60"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="900"} 4
    aws_lambda_duration_seconds_bucket{executed_version="2",function_name="f \\"1\\"\\\\\\n",le="+Inf"} 4
    aws_lambda_duration_seconds_sum{executed_version="2",function_name="f \\"1\\"\\\\\\n"} 2.044
    aws_lambda_duration_seconds_count{executed_version="2",function_name="f \\"1\\"\\\\\\n"} 4
    # TYPE aws_lambda_errors summary
    aws_lambda_errors_sum{executed_version="2",function_name="f \\"1\\"\\\\\\n"} 1
    aws_lambda_errors_count{executed_version="2",function_name="f \\"1\\"\\\\\\n"} 3
    "
  `)
})

it('keeps names apart that look the same afterwards', () => {
  const totals = [{ metric: 'm', unit: 'None', summary: summaryOf(1) }]
  const labels = { aB: '1', a_b: '2', le: '3' }
  const text = exposition([{ namespace: 'N', labels, dimensionSets: [], totals }])
  expect(text).toContain('n_m_count{a_b="1",a_b_="2",le_="3"} 1')
})
