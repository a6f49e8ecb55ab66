import { expect, test } from 'vitest'
import { runTemplate } from '../../../src/gateway/velocity/run-template.ts'
import { parseTree } from '../../../src/gateway/velocity/template-tree.ts'
import recorded from './recorded-templates.json' with { type: 'json' }

/** White space of these was collapsed when they were recorded. */
const COLLAPSED = new Set(['test_use_defined_func_create_json_loop', 'test_put_null_in_map'])

test.each(recorded)('$test: $template with $context', ({ test: name, template, context, output }) => {
  const text = runTemplate(parseTree(template), structuredClone(context))
  if (typeof output !== 'string') expect(JSON.parse(text)).toEqual(output)
  else expect(COLLAPSED.has(name) ? text.replace(/\s+/g, ' ').trim() : text).toBe(output)
})

test('there are as many as were recorded', () => {
  expect(recorded).toHaveLength(132)
})
