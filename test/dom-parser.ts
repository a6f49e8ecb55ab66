/** As much of a DOM as the SDK's XML reader looks at: within workerd it is the one for browsers. */
interface XmlNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly textContent: string
  readonly childNodes: XmlNode[]
  readonly attributes: { readonly name: string; readonly value: string }[]
}

const ELEMENT = 1
const TEXT = 3

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const decode = (text: string): string =>
  text.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (_, hex, decimal, name) =>
    name ? ENTITIES[name]! : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  )

const textNode = (text: string): XmlNode => ({
  nodeType: TEXT,
  nodeName: '#text',
  textContent: decode(text),
  childNodes: [],
  attributes: [],
})

function element(nodeName: string, attributes: string): XmlNode {
  const childNodes: XmlNode[] = []
  return {
    nodeType: ELEMENT,
    nodeName,
    childNodes,
    attributes: [...attributes.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name, value]) => ({
      name: name!,
      value: decode(value!),
    })),
    get textContent() {
      return childNodes.map(child => child.textContent).join('')
    },
  }
}

/** Of documents that Weir writes: well-formed, without comments, CDATA or a document type. */
function parse(xml: string): XmlNode {
  const stack = [element('#document', '')]
  for (const [, closing, name, attributes, empty, text] of xml.matchAll(
    /<(\/?)([\w:]+)([^<>]*?)(\/?)>|([^<]+)/g,
  )) {
    const top = stack.at(-1)!
    if (text !== undefined) top.childNodes.push(textNode(text))
    else if (closing) stack.pop()
    else {
      const child = element(name!, attributes!)
      top.childNodes.push(child)
      if (!empty) stack.push(child)
    }
  }
  if (stack.length !== 1) throw new Error(`not well-formed: ${xml}`)
  return stack[0]!.childNodes.find(({ nodeType }) => nodeType === ELEMENT)!
}

/** A class, because assertions ask of values whether they are instances of it. */
// biome-ignore lint/complexity/noStaticOnlyClass: browsers' own has these constants
class Node {
  static readonly ELEMENT_NODE = ELEMENT
  static readonly TEXT_NODE = TEXT
}

/** Lets clients of services that answer in XML read their answers. */
export function provideDomParser(): void {
  Object.assign(globalThis, {
    Node,
    DOMParser: class {
      parseFromString = (xml: string) => ({ documentElement: parse(xml), getElementsByTagName: () => [] })
    },
  })
}
