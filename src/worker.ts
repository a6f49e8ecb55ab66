export default {
  async fetch() {
    return new Response('ok')
  },
}
export class AliasRouter {}
export class StageRouter {}
export class KeyMeter {}
