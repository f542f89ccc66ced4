import {
  type DeviceAccess,
  type MeterProfile,
  meterTimeText,
  type ProtocolName,
  protocolNames,
  valueText,
} from '#protocols/model'
import {
  type ChannelId,
  type CivilTime,
  type Clock,
  fail,
  type Instant,
  ok,
  type Result,
  seconds,
} from '#src/core'
import { compareClocks } from '../field/clock.ts'
import type { FieldFailure } from '../field/types.ts'
import type { PermitOffice } from '../gate/index.ts'
import type { MeterReader } from '../readers/index.ts'
import type { Acquisition } from '../types.ts'
import type { Line } from '../wire/index.ts'
import { clockTellers } from './clock-tellers.ts'

const PERMIT_LIFE = seconds(10)
/** Where a meter tells date and time apart; all others tell both in one. */
const apart: Readonly<Record<string, readonly [date: string, time: string]>> = {
  'dlt645-2007': ['04000101', '04000102'],
  'dlt645-1997': ['0.9.2', '0.9.1'],
}
const WALL_CLOCK = '0.0.1.0.0'
const nothing = new Uint8Array(0)

/** A device that has a clock, and the channel that it is asked on. */
export interface ClockTarget {
  readonly channelId: ChannelId
  /** Null for the terminal that answers on the channel itself. */
  readonly meter: (MeterProfile & { readonly protocol: ProtocolName }) | null
  /** What a terminal asks for before it obeys, by what it turns out to speak. */
  readonly accessOf?: (protocol: ProtocolName) => DeviceAccess | null
}

interface Seen {
  readonly measuredAt: Instant
  readonly offsetMs: number | null
  readonly uncertaintyMs: number
}

export interface ClockWorld {
  readonly acquisition: Pick<Acquisition, 'lend' | 'order'>
  readonly readers: readonly MeterReader[]
  readonly office: PermitOffice
  readonly clock: Clock
  readonly civil: CivilTime
}

/** Reads clocks through channels that are served, and tells the time with a permit. */
export function clockTalk({ acquisition, readers, office, clock, civil }: ClockWorld) {
  const never = new AbortController().signal

  /** Date first, so that the time is as fresh as it can be. */
  async function look(
    line: Line,
    meter: MeterProfile & { readonly protocol: string },
    signal: AbortSignal,
  ): Promise<Result<Seen, FieldFailure>> {
    const reader = readers.find(({ name }) => name === meter.protocol)
    if (!reader) return fail(notOffered(meter))
    const text = async (item: string) => {
      const sentAt = clock.now()
      const { failure, refusals, readings } = await reader.read(line, meter, [item], null, signal)
      if (failure) return fail<FieldFailure>(failure)
      const [refusal] = refusals
      if (refusal) return fail<FieldFailure>({ ...refusal, code: 'field.refused', raw: nothing })
      const [reading] = readings
      if (!reading) return fail<FieldFailure>(noClock(meter))
      const told = valueText(reading.value)
      const at = reading.at?.kind === 'wall' ? meterTimeText(reading.at.time) : ''
      return ok({ text: told ?? at, asked: { sentAt, heardAt: clock.now() } })
    }
    const [dateItem, timeItem] = apart[meter.protocol] ?? [null, WALL_CLOCK]
    let date = dateItem === null ? null : await text(dateItem)
    if (date?.ok === false) return date
    const time = await text(timeItem)
    if (!time.ok) return time
    // Just after midnight the date may be the day before's: it was read first.
    if (dateItem !== null && time.value.text.startsWith('00:0')) {
      date = await text(dateItem)
      if (!date.ok) return date
    }
    const whole = date ? `${date.value.text}T${time.value.text}` : time.value.text
    const { asked } = time.value
    const { ourAt, offsetMs, uncertaintyMs } = compareClocks(whole.slice(0, 19), asked, civil)
    return ok({ measuredAt: ourAt, offsetMs, uncertaintyMs })
  }

  function onLine({ meter, accessOf }: ClockTarget, line: Line) {
    if (meter) return meter
    const { terminal } = line.channel.facts
    if (!terminal) return null
    const protocol = protocolNames.find((name) => name === terminal.protocol)
    const access = protocol && accessOf?.(protocol)
    return { ...terminal, profile: null, ...(access ? { access } : {}) }
  }

  return {
    async measure(target: ClockTarget): Promise<Result<Seen, FieldFailure>> {
      let seen: Result<Seen, FieldFailure> = fail(noTerminal)
      const lent = await acquisition.lend(
        target.channelId,
        async (line, signal) => {
          const device = onLine(target, line)
          if (device) seen = await look(line, device, signal)
        },
        never,
      )
      return lent.ok ? seen : lent
    },

    async correct(
      target: ClockTarget,
      how: 'own' | 'broadcast',
      order: {
        readonly reference: string
        readonly requestedBy: string
        readonly approvers: readonly string[]
      },
      mayGo: (before: Seen) => Promise<boolean>,
    ) {
      type Told = { readonly refusal: FieldFailure | null; readonly after: Seen | null }
      let told: Result<Told, FieldFailure> = fail(noTerminal)
      const ordered = await acquisition.order(target.channelId, async (line, signal) => {
        const device = onLine(target, line)
        if (!device) return
        const teller = clockTellers.get(device.protocol)
        if (!teller?.can(device, how, civil.toWall(clock.now()))) {
          told = fail(notOffered(device))
          return
        }
        const before = await look(line, device, signal)
        if (!before.ok) {
          told = before
          return
        }
        if (!(await mayGo(before.value))) {
          told = fail(notNow)
          return
        }
        const outcome = await teller.tell({
          line,
          meter: device,
          how,
          time: () => civil.toWall(clock.now()),
          permit: (whose) =>
            office.issue({
              ...order,
              device: whose,
              effect: 'clock',
              action: null,
              purpose: 'upkeep',
              life: PERMIT_LIFE,
            }),
          clock,
          signal,
        })
        if (outcome === null) told = ok({ refusal: notOffered(device), after: null })
        else if (outcome.kind === 'failed' && outcome.failure.code === 'exchange.gate') {
          told = ok({ refusal: outcome.failure, after: before.value })
        } else {
          const refusal = outcome.kind === 'refused' ? { ...outcome.refusal, raw: nothing } : null
          const after = await look(line, device, signal)
          told = ok({ refusal, after: after.ok ? after.value : null })
        }
      })
      return ordered.ok ? told : ordered
    },
  }
}

const failure = (code: string, message: string): FieldFailure => ({ code, message, raw: nothing })
const noTerminal = failure('clock.no-terminal', 'nobody on the channel has said who it is')
const notNow = failure('clock.not-now', 'the clock was left alone: not at this time')
const notOffered = ({ address, protocol }: { address: string; protocol: string }) =>
  failure(
    'field.not-offered',
    `the clock of ${address} cannot be set by itself: ${protocol} has no word for it, or asks for ` +
      'a password that secrets/meter-access.yaml does not have',
  )
const noClock = ({ address }: { address: string }) =>
  failure('field.no-clock', `no clock is read at ${address}`)
