import { apdu, dlt698 } from '#protocols/dlt698'
import { forward, forwardedAnswer, gdw376 } from '#protocols/gdw376'
import type { Decoded, Protocol, ProtocolName } from '#protocols/model'
import { assert, type Duration, seconds } from '#src/core'

/** Protocols of terminals that pass on what is meant for a meter behind them (透明转发). */
const carrierProtocols = ['gdw376', 'dlt698'] as const satisfies readonly ProtocolName[]

export function isCarrier(name: string): name is Via['protocol'] {
  return carrierProtocols.some((known) => known === name)
}

/** The terminal in front of a meter, and how it is to speak at its port. */
export interface Via {
  readonly protocol: (typeof carrierProtocols)[number]
  readonly address: string
  /** The terminal's own number of the line. */
  readonly port: number
  readonly line: ViaLine
  /** How long the terminal waits for the meter. */
  readonly wait: Duration
  /** PW of 376.1 in hex; null is sixteen zeros. */
  readonly password: string | null
}

/** A serial line as terminals can be told of. */
export interface ViaLine {
  readonly baud: (typeof viaBauds)[number]
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
}

const viaBauds = [300, 600, 1_200, 2_400, 4_800, 7_200, 9_600, 19_200] as const
/** What DL/T 645 meters on the first line of a terminal speak. */
export const usualVia: Pick<Via, 'port' | 'line' | 'wait' | 'password'> = {
  port: 1,
  line: { baud: 2_400, parity: 'even', dataBits: 8, stopBits: 1 },
  wait: seconds(20),
  password: null,
}

/** The part of a terminal's protocol that is the same whatever it carries. */
type Wrapping = Pick<
  Protocol<never, unknown>,
  'scanner' | 'describe' | 'effect' | 'aim' | 'carried' | 'unasked'
>

/** Takes frames to what lies behind a terminal, and what came back out of its answers. */
export interface Carrier extends Wrapping {
  /** The terminal, as a sentence calls it. */
  readonly name: string
  readonly wait: Duration
  /** `nth` tells requests apart that follow each other. */
  encode(frame: Uint8Array, nth: number): Uint8Array
  /** The bytes that came back; a refusal is the terminal's own. */
  decode(answer: Uint8Array): Decoded<Uint8Array>
  answers(frame: Uint8Array, nth: number, answer: Uint8Array): boolean
}

export function carrierOf(via: Via): Carrier {
  return via.protocol === 'gdw376' ? carrier376(via) : carrier698(via)
}

const GAP_MS = 100
const SEQUENCES = 16

function carrier376({ address, port, line, wait, password }: Via): Carrier {
  const serial = { ...line, answerSeconds: wait / 1_000, gapMs: GAP_MS }
  return carrying(`terminal ${address}`, wait, {
    protocol: gdw376,
    request: (frame, nth) => ({
      ...forward(address, port, frame, serial, password),
      sequence: nth % SEQUENCES,
    }),
    brought: (response) => forwardedAnswer(response),
    silent: null,
  })
}

/** RS-485 lines are the ports F2010201 and on. */
const FIRST_PORTS = 'F20102'
const NUMBERS = 64
const parities = { none: 0, odd: 1, even: 2 } as const

function carrier698({ address, port, line, wait }: Via): Carrier {
  const { baud, parity, dataBits, stopBits } = line
  const settings = {
    baud: viaBauds.indexOf(baud),
    parity: parities[parity],
    dataBits,
    stopBits,
    flow: 0,
  }
  const place = FIRST_PORTS + port.toString(16).padStart(2, '0').toUpperCase()
  const [plain] = dlt698.plan(['40000200'], { address, profile: null }).requests
  assert(plain?.kind === 'apdu', `'${address}' names no terminal`)
  return carrying(`terminal ${address}`, wait, {
    protocol: dlt698,
    request: (message, nth) => ({
      ...plain,
      apdu: apdu('ProxyTransCommandRequest', nth % NUMBERS, {
        port: place,
        settings,
        answerTimeout: wait / 1_000,
        byteTimeout: GAP_MS,
        message,
      }),
    }),
    brought({ apdu: answer }) {
      if (answer?.service !== 'ProxyTransCommandResponse') return null
      const { result } = answer.body
      return result.kind === 'message' ? result.value : null
    },
    silent: 'dlt698.timeout',
  })
}

interface Ways<Request, Response> {
  readonly protocol: Protocol<Request, Response>
  readonly request: (frame: Uint8Array, nth: number) => Request
  /** Null or nothing where the terminal brings back nothing. */
  readonly brought: (response: Response) => Uint8Array | null
  /** The refusal by which the terminal says so. */
  readonly silent: string | null
}

/** Hides the types of the terminal's own requests and responses. */
function carrying<Request, Response>(
  name: string,
  wait: Duration,
  { protocol, request, brought, silent }: Ways<Request, Response>,
): Carrier {
  const { describe, effect, aim, carried } = protocol
  return {
    name,
    wait,
    scanner: () => protocol.scanner(),
    describe,
    effect,
    ...(aim ? { aim } : {}),
    ...(carried ? { carried } : {}),
    encode: (frame, nth) => protocol.encode(request(frame, nth)),
    answers(frame, nth, answer) {
      const decoded = protocol.decode(answer)
      if (decoded.kind === 'malformed') return false
      return protocol.answers(request(frame, nth), decoded.response)
    },
    decode(answer) {
      const decoded = protocol.decode(answer)
      if (decoded.kind === 'malformed') return decoded
      if (decoded.kind === 'refusal' && decoded.refusal.code !== silent) {
        const { code, message: why } = decoded.refusal
        const message = `${name} does not pass it on, or nothing came back: ${why}`
        return refused({ code, message, onTheWay: 'denied' })
      }
      const bytes = decoded.kind === 'answer' ? brought(decoded.response) : null
      if (bytes && bytes.length > 0) return { kind: 'answer', response: bytes }
      const message = `${name} passed it on, and the meter behind it gave no answer`
      return refused({ code: 'via.meter-silent', message, onTheWay: 'silent' })
    },
  }
}

const nothing = new Uint8Array(0)

function refused(
  refusal: Extract<Decoded<Uint8Array>, { kind: 'refusal' }>['refusal'],
): Decoded<Uint8Array> {
  return { kind: 'refusal', response: nothing, refusal }
}
