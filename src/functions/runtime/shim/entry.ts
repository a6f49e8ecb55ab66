// @ts-expect-error -- a module of the loaded worker: code-for.ts puts it there
import require from '../../require.cjs'
import { createRuntime } from './main.ts'

export default createRuntime(require)
