import type { Place } from './relays/relay-address.ts'

/** What of `request.cf` tells where the isolate is: https://developers.cloudflare.com/workers/runtime-apis/request/ */
export interface Whereabouts {
  /** IATA code of the data center that the request came to. */
  readonly colo?: unknown
  /** Of the client: `EU`. */
  readonly continent?: unknown
}

const BY_CONTINENT: Readonly<Record<string, Place>> = {
  AF: 'afr',
  // There is none on it.
  AN: 'oc',
  AS: 'apac',
  EU: 'weur',
  NA: 'enam',
  OC: 'oc',
  SA: 'sam',
}

/** Data centers whose place is another than that of most of their continent. */
const APART: Readonly<Partial<Record<Place, string>>> = {
  wnam: 'ABQ ANC BOI DEN FAT HNL LAS LAX PDX PHX SAN SEA SFO SJC SLC SMF YEG YLW YVR YXE YYC',
  eeur: 'ATH BEG BTS BUD CLJ DME EVN HEL KBP KIV KJA LED OTP RIX SJJ SKG SKP SOF SVX TBS TIA TLL VNO WAW ZAG',
  me: 'AMM AUH BAH BEY BGW BSR DMM DOH DXB EBL HFA ISU JED KWI MCT NJF RUH TLV XNH ZDM',
  // In the Caribbean and in Central America, which continents are drawn around so that they are North America's.
  sam: 'BGI CUR GND GUA PAP PTY SJO SJU TGU',
}

const BY_COLO: ReadonlyMap<string, Place> = new Map(
  (Object.entries(APART) as [Place, string][]).flatMap(([place, colos]) =>
    colos.split(' ').map(colo => [colo, place] as const),
  ),
)

/** Where an isolate is; of one that nobody can place, where most are. */
export function placeOf(cf: Whereabouts | undefined): Place {
  return BY_COLO.get(String(cf?.colo)) ?? BY_CONTINENT[String(cf?.continent)] ?? 'enam'
}
