/** Documents that the store lists, and deletes, at a time. */
const PAGE = 1000

/** The documents whose keys begin with `prefix`, in the order of their keys and as many at a time as can be deleted. */
export async function* storePages(
  store: R2Bucket,
  prefix: string,
  include: R2ListOptions['include'] = [],
): AsyncGenerator<R2Object[]> {
  let cursor: string | undefined
  do {
    const page = await store.list({ prefix, cursor, limit: PAGE, include })
    yield page.objects
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor)
}
