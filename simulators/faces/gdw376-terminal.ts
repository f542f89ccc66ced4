import type { Site } from '#simulators/meter'
import type { Face } from './face.ts'
import type { FirmwareShelf } from './firmware.ts'
import type { MeteringPoint } from './gdw376-memory.ts'

export interface Gdw376TerminalOptions {
  /** `RRRR-TTTT`. */
  readonly address: string
  readonly site: Site
  readonly points: readonly MeteringPoint[]
  /** What hangs at its port: takes what is forwarded (AFN 10); null where nothing does. */
  readonly port: Face | null
  /** PW that orders and settings must carry, 32 hex digits; null takes any. */
  readonly password: string | null
  /** The longest user data of one frame; what is longer comes in several. */
  readonly bytesMax: number
}

/** A terminal or concentrator that speaks Q/GDW 376.1, and what it says by itself. */
export interface Gdw376Terminal extends Face {
  login(): Uint8Array
  heartbeat(): Uint8Array
  logout(): Uint8Array
  /** A frame with the important events that nobody has fetched; null where there are none. */
  report(): Uint8Array | null
  readonly firmware: FirmwareShelf
}

/** What the buffers of real terminals hold at least. */
export const standardBytesMax = 500
