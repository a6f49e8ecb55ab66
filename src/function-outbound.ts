import { type ControlPlaneDoor, Outbound as Door } from './functions/outbound.ts'
import { planesOf } from './planes.ts'

/** The way out of the isolates that are loaded by this very Worker: its control plane is next door. */
export class Outbound extends Door {
  protected readonly controlPlane: ControlPlaneDoor = (request, call) =>
    planesOf(this.env).controlAs(request, call)

  protected isOwnAddress(url: URL): boolean {
    return planesOf(this.env).ownAddress.has(url)
  }
}
