import { kind, type Records } from '../../records/records.ts'
import { bindingOf } from '../links/binding-name.ts'

/** A way to a private back end. Parent: ''. Id: six lower-case letters and digits. */
export interface VpcLinkRecord {
  readonly name: string
  readonly description?: string
  /** Of network load balancers; a binding stands for each, see {@link bindingOf}. AWS takes one. */
  readonly targetArns: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
}

export const vpcLinks = kind<VpcLinkRecord>('apigateway.vpc-link')

/** The binding of each of an account's links, by id, for the pointers of its stages; undefined without any link. */
export async function linkBindings(records: Records): Promise<Readonly<Record<string, string>> | undefined> {
  const bindings = (await records.all(vpcLinks, '')).flatMap(({ id, doc }) => {
    const binding = bindingOf(doc.targetArns[0] ?? '')
    return binding === undefined ? [] : [[id, binding] as const]
  })
  return bindings.length > 0 ? Object.fromEntries(bindings) : undefined
}
