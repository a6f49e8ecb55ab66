/** wrangler hands such files over as they are: https://developers.cloudflare.com/workers/wrangler/bundling/ */
declare module '*.bin' {
  const content: ArrayBuffer
  export default content
}
