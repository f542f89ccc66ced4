import { randomBytes } from 'node:crypto'
import { broadcastAddress, dlt645, dlt645v1997 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import type { MeterProfile, MeterTime, Protocol, ProtocolName } from '#protocols/model'
import { type Clock, milliseconds, sleep } from '#src/core'
import { dlms } from '../ciphered-dlms.ts'
import type { Permit } from '../gate/index.ts'
import { behind, carrierOf, limitsBehind, usualVia, type Via } from '../readers/index.ts'
import { type ExchangeLimits, type ExchangeOutcome, type Line, limitsFor } from '../wire/index.ts'

const REQUEST_BYTES = 128
/** Lines of a terminal as makers number them, as for reads. */
const PORTS = [1, 31, 2] as const

/** Tells one device, or all of a line, the time. */
export interface TimeTold {
  readonly line: Line
  readonly meter: MeterProfile
  readonly how: 'own' | 'broadcast'
  /** The wall clock at the moment of sending. */
  readonly time: () => MeterTime
  readonly permit: (device: {
    readonly protocol: ProtocolName
    readonly address: string
  }) => Promise<Permit>
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface ClockTeller {
  /** False where the protocol has no word for it, or asks for a password that nobody gave. */
  can(meter: MeterProfile, how: TimeTold['how'], time: MeterTime): boolean
  tell(told: TimeTold): Promise<ExchangeOutcome | null>
}

export const clockTellers: ReadonlyMap<string, ClockTeller> = new Map<ProtocolName, ClockTeller>([
  [dlt645.name, teller(dlt645, toAll)],
  [dlt645v1997.name, teller(dlt645v1997, toAll)],
  [gdw376.name, teller(gdw376)],
  [dlt698.name, teller(dlt698)],
  [dlms.name, teller(dlms)],
])

/** Nobody answers it (广播校时). */
function toAll(time: MeterTime) {
  return { kind: 'set-clock', address: broadcastAddress, time } as const
}

function teller<Request, Response>(
  protocol: Protocol<Request, Response>,
  tellAll?: (time: MeterTime) => Request,
): ClockTeller {
  const can: ClockTeller['can'] = (meter, how, time) => {
    if (how === 'broadcast') return tellAll !== undefined
    const talk = protocol.session?.(meter, randomBytes) ?? protocol
    return (talk.setClock?.(time, meter) ?? null) !== null
  }
  const tellThrough = async (told: TimeTold) => {
    const { terminal } = told.line.channel.facts
    const own = limitsFor(told.line.channel.facts, REQUEST_BYTES)
    const carrier = terminal ? carriers[terminal.protocol] : undefined
    if (!terminal || !carrier || terminal.protocol === protocol.name) {
      return tell(protocol, told, own, tellAll)
    }
    let outcome: ExchangeOutcome | null = null
    for (const port of PORTS) {
      const via = carrierOf({ ...usualVia, protocol: carrier, address: terminal.address, port })
      const toAllBehind = tellAll && ((time: MeterTime) => ({ inner: tellAll(time), nth: 0 }))
      outcome = await tell(behind(protocol, via), told, limitsBehind(own, via), toAllBehind)
      // A terminal that denies a port has passed nothing on.
      if (outcome?.kind !== 'failed' || outcome.failure.code !== 'exchange.denied') return outcome
    }
    return outcome
  }
  return { can, tell: tellThrough }
}

const carriers: Readonly<Record<string, Via['protocol']>> = { gdw376: 'gdw376', dlt698: 'dlt698' }

async function tell<Request, Response>(
  protocol: Protocol<Request, Response>,
  { line, meter, how, time, permit, clock, signal }: TimeTold,
  limits: ExchangeLimits,
  tellAll: ((time: MeterTime) => Request) | undefined,
): Promise<ExchangeOutcome | null> {
  const talk = protocol.session?.(meter, randomBytes) ?? protocol
  const write = () => {
    if (how === 'broadcast') return tellAll?.(time()) ?? null
    return talk.setClock?.(time(), meter) ?? null
  }
  if (write() === null) return null
  const address = how === 'broadcast' ? broadcastAddress : meter.address
  const given = await permit({ protocol: protocol.name, address })
  await sleep(clock, milliseconds(1_000 - (clock.now() % 1_000)), signal)
  const request = write()
  return request === null ? null : await line.exchange(talk, request, limits, signal, given)
}
