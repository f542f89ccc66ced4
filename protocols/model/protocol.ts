import type { DeviceEvent, EventPull, KnownEvent } from './events.ts'
import type { DeviceAccess, RelayAction, RelayOrder } from './orders.ts'
import type { MeterTime, Reading } from './values.ts'

/** The names users type for `--protocol` and the API shows. */
export const protocolNames = [
  'dlt645-2007',
  'dlt645-1997',
  'modbus',
  'gdw376',
  'dlt698',
  'dlms',
  'mqtt',
] as const

export type ProtocolName = (typeof protocolNames)[number]

/** What a protocol must know of a meter to talk to it. */
export interface MeterProfile {
  /** In display order: 12 BCD digits of DL/T 645, the unit number of Modbus. */
  readonly address: string
  /** Name of a register map or of a maker's deviations; null for the standard itself. */
  readonly profile: string | null
  /** What the device asks for before it answers or obeys; absent where it asks for nothing. */
  readonly access?: DeviceAccess
}

/** Finds frames in a stream. Never throws; its buffer is bounded. */
export interface Scanner {
  /** Takes a chunk of any size; gives the complete frames in order and keeps the rest. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Bytes dropped so far because they belonged to no valid frame. */
  readonly skippedBytes: number
  /** True while the beginning of a frame is held: more bytes are expected. */
  readonly pending: boolean
  /** Forgets what is held: called before a request so that stale bytes cannot answer it. */
  reset(): void
}

/** A frame or field that breaks the standard. `code` is stable, e.g. `dlt645.checksum`. */
export interface Malformed {
  readonly code: string
  readonly message: string
  /** Offset of the first wrong byte in the frame, where one can be named. */
  readonly offset?: number
}

/** A device's well-formed "no". `code` is stable, e.g. `dlt645.no-such-data`. */
export interface Refusal {
  readonly code: string
  readonly message: string
  /**
   * Set where the no is not of the device that was asked but of one on the way to it: it does not
   * pass the request on, or says that nothing came back. Asking for less will not help.
   */
  readonly onTheWay?: 'denied' | 'silent'
}

/** What one answer frame means. A refusal keeps the response, so it can be matched. */
export type Decoded<Response> =
  | { readonly kind: 'answer'; readonly response: Response }
  | { readonly kind: 'refusal'; readonly response: Response; readonly refusal: Refusal }
  | { readonly kind: 'malformed'; readonly malformed: Malformed }

/**
 * What a frame would do to the device that takes it, its worst part first where it has several.
 * `read` changes nothing (links and acknowledgements among it). `trip` opens a relay or sees to it
 * that one opens; `relay` is any other order to it. `write` is a known setting of none of the other
 * kinds; `firmware` hands over a part of what the device will run. `unknown` is what nobody
 * classified, what is enciphered, and must never be sent.
 */
export type FrameEffect =
  | 'read'
  | 'clock'
  | 'trip'
  | 'relay'
  | 'load-limit'
  | 'price'
  | 'key'
  | 'address'
  | 'mode'
  | 'clear'
  | 'write'
  | 'firmware'
  | 'unknown'

/** Whom a frame that moves something is meant for, as the gate compares it with a permit. */
export interface FrameAim {
  /** The device that acts, not one that passes the frame on; as `--address` takes it. */
  readonly address: string
  /** True for a broadcast, a wildcard or a group: more than one device could take it. */
  readonly isGroup: boolean
  /** What a relay is told; null where the frame tells none or the word is not known. */
  readonly action: RelayAction | null
  /**
   * Until when the order holds by the device's clock, as it stands in the frame, also where it is
   * no possible time; null only where the form has no such field.
   */
  readonly expiresAt: MeterTime | null
  /** Bytes that no journal may show: passwords, keys, and sums over them. */
  readonly secrets: readonly { readonly from: number; readonly to: number }[]
}

/** A range of bytes and what it means, for people. `to` is exclusive. */
export interface FramePart {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Everything `hes decode` shows of one frame; keys as in the contract, `extras` beside them. */
export interface FrameDescription {
  readonly protocol: ProtocolName
  readonly valid: boolean
  readonly raw: Uint8Array
  readonly direction: 'request' | 'reply' | 'report' | null
  readonly address: string | null
  readonly function: string | null
  readonly control: string | null
  readonly dataId: string | null
  readonly more: boolean | null
  readonly readings: readonly Reading[]
  readonly error: { readonly code: string; readonly message: string } | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly parts: readonly FramePart[]
  /** Whole frames of other protocols inside it, explained, where whoever explains knows them. */
  readonly carried?: readonly FrameDescription[]
}

/** What a description says of a frame of which nothing is known. */
export const nothingKnown = {
  direction: null,
  address: null,
  function: null,
  control: null,
  dataId: null,
  more: null,
  readings: [],
  error: null,
  extras: {},
  parts: [],
} as const satisfies Partial<FrameDescription>

/** Requests that fetch what was asked for, and what the protocol has no word for. */
export interface Plan<Request> {
  readonly requests: readonly Request[]
  readonly unsupported: readonly string[]
}

/**
 * A frame that a device sends unasked: it dials in (登录), shows that it is alive (心跳), leaves, or
 * reports an event or a reading (主动上报).
 */
export interface Unasked {
  readonly kind: 'login' | 'heartbeat' | 'logout' | 'report'
  /** The sender, as `--address` takes it. */
  readonly address: string
  /** What the device waits for; null where it waits for nothing. */
  readonly answer: Uint8Array | null
}

/**
 * One meter protocol of the asked-and-answered kind: bytes in, values out. Pure: no clock, no
 * socket, no logger; timeouts and retries belong to acquisition.
 */
export interface Protocol<Request, Response> {
  readonly name: ProtocolName
  scanner(): Scanner
  encode(request: Request): Uint8Array
  /** False for a broadcast, which nobody answers. */
  expectsAnswer(request: Request): boolean
  decode(frame: Uint8Array): Decoded<Response>
  /** True only if address, function and item of the response are those asked for. */
  answers(request: Request, response: Response): boolean
  /**
   * True for a frame of somebody else's conversation that is heard on the line: of another device,
   * and not what was asked for. A protocol without this takes it for a wrong answer.
   */
  overhears?(request: Request, response: Response): boolean
  /** Bytes that a device which sleeps wants before a frame. */
  readonly wakeUp?: Uint8Array
  /** The request for the part that follows this response, or null when it is whole. */
  follow(request: Request, response: Response): Request | null
  /** True where further frames of an answer are asked for by number: others may be asked in between. */
  readonly asksByNumber?: boolean
  /** Frames that one answer may come in, where that is more than elsewhere. */
  readonly partsMax?: number
  /** True while the rest of an answer comes by itself in further frames: nothing is to be sent. */
  goesOn?(request: Request, response: Response): boolean
  /**
   * Requests for these items, neighbours merged and split at the protocol's limits. An item is a
   * register-model code or the protocol's own id.
   */
  plan(items: readonly string[], meter: MeterProfile): Plan<Request>
  /** Values of the parts of one answer, in order; `malformed` if the parts do not fit. */
  readings(
    request: Request,
    parts: readonly Response[],
  ):
    | { readonly ok: true; readonly readings: readonly Reading[] }
    | {
        readonly ok: false
        readonly malformed: Malformed
      }
  /** Events that an answer tells of, from its parts in order; none where they do not fit. */
  events?(request: Request, parts: readonly Response[]): readonly DeviceEvent[]
  /**
   * How what is new in a device's memory is fetched. `items` are those of a task template, `known`
   * what is stored of its events, `now` the head-end's clock in the site's zone.
   */
  pullEvents?(items: readonly string[], known: readonly KnownEvent[], now: MeterTime): EventPull
  /** Explains any frame, also requests and broken ones. Never throws. */
  describe(frame: Uint8Array): FrameDescription
  /** Classifies an outgoing frame for the gatekeeper. */
  effect(frame: Uint8Array): FrameEffect
  /**
   * Whom a frame is for that is classified as more than a read; null where that cannot be told.
   * The gate lets nothing pass whose aim it does not know.
   */
  aim?(frame: Uint8Array): FrameAim | null
  /**
   * Frames of other protocols that this one carries to a device behind (透明转发), whole and as they
   * are. The gate looks at each; a protocol without this carries none.
   */
  carried?(frame: Uint8Array): readonly Uint8Array[]
  /** Null for a frame that is none of these. `now` is the head-end's clock in the site's zone. */
  unasked?(frame: Uint8Array, now: MeterTime): Unasked | null
  /**
   * A conversation with one device, for protocols in which frames depend on those before
   * (associations, sequence numbers). Made anew for each visit; its plans open and end it. `random`
   * gives bytes for challenges.
   */
  session?(meter: MeterProfile, random: (bytes: number) => Uint8Array): Protocol<Request, Response>
  /** Requests that give an order to the relay; `unsupported` where the protocol has no word for it. */
  order?(order: RelayOrder, meter: MeterProfile): Plan<Request>
  /** The request that sets the device's clock, null where only a broadcast or nothing does. */
  setClock?(time: MeterTime, meter: MeterProfile): Request | null
}
