import type { PointerObject } from '../../durable-objects/pointer-object.ts'
import type { PointerReply, ReadPointer } from './pointer-cache.ts'

/** Documents up to this many characters travel inside the object's reply; larger ones lie in R2. */
const INLINE_LIMIT = 64 * 1024

/** Where the objects of one class and the documents that do not fit into them live. */
export interface PointerStore {
  readonly objects: DurableObjectNamespace<PointerObject>
  readonly documents: R2Bucket
}

interface Reference {
  readonly $document: string
}

/** Publishes `doc` (null: deleted) under a generation. Writing an older generation again changes nothing. */
export async function writePointer(
  store: PointerStore,
  name: string,
  generation: number,
  doc: object | null,
): Promise<void> {
  let text = doc === null ? null : JSON.stringify(doc)
  if (text !== null && text.length > INLINE_LIMIT) {
    const key = `pointers/${name}/${generation}.json`
    await store.documents.put(key, text)
    text = JSON.stringify({ $document: key } satisfies Reference)
  }
  await store.objects.getByName(name).write(generation, text)
}

/** Reads pointers for a {@link PointerCache}. */
export function pointerReader<T>(store: PointerStore): ReadPointer<T> {
  return async (name, knownGeneration) => {
    const reply = await readTwice(() => store.objects.getByName(name).read(knownGeneration))
    if (!('doc' in reply)) return reply
    const doc = JSON.parse(reply.doc) as T | Reference
    if (!isReference(doc)) return { generation: reply.generation, doc }
    const object = await store.documents.get(doc.$document)
    if (!object) throw new Error(`the document of pointer ${name} is not in the store`)
    return { generation: reply.generation, doc: await object.json<T>() }
  }
}

/** An object that is being moved or restarted fails what reaches it meanwhile, and says that trying again helps. */
async function readTwice(read: () => Promise<unknown>): Promise<PointerReply<string>> {
  try {
    return (await read()) as PointerReply<string>
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
    if (!retryable || overloaded) throw error
    return (await read()) as PointerReply<string>
  }
}

const isReference = (doc: unknown): doc is Reference =>
  typeof doc === 'object' && doc !== null && '$document' in doc
