import { randomInt } from 'node:crypto'
import { archivedIn, askArchive, dlt698, enterMeter, removeMeter } from '#protocols/dlt698'
import {
  enterMeters,
  gdw376,
  type ListedMeter,
  listedAtOnce,
  listedIn,
  listItem,
  usualMeter,
} from '#protocols/gdw376'
import type { Protocol, Reading } from '#protocols/model'
import { type ChannelId, fail, ok, type Result, seconds } from '#src/core'
import type { FieldTalk, MeterPoint, OnOrder, TalkFailure } from '#src/fieldwork'
import type { MovingEffect, Permit } from '../gate/index.ts'
import { type ExchangeOutcome, type Line, mobileLimits } from '../wire/index.ts'

/** Gives leave for what field work writes; the gate checks it by itself. */
export interface FieldPermits {
  permit(
    device: { readonly protocol: 'gdw376' | 'dlt698'; readonly address: string },
    effect: MovingEffect,
    order: OnOrder,
  ): Promise<Permit>
}

export interface TerminalTalkOptions {
  /** Lends the line of a channel between two reads of its own. */
  readonly lend: (
    channel: ChannelId,
    use: (line: Line, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<Result<void, { readonly message: string }>>
  readonly permits: FieldPermits
}

type TerminalTalk = Pick<FieldTalk, 'meterPoints' | 'writeMeterPoint' | 'removeMeterPoint'>

/** Empty answers in a row behind which nothing more is listed. */
const EMPTY_MAX = 2
const NUMBERS_MAX = 2_040
const PIIDS = 64
export const FIELD_PERMIT_LIFE = seconds(60)

/** The lists of meters in terminals of 376.1 and 698.45, behind the gate. */
export function terminalTalk({ lend, permits }: TerminalTalkOptions): TerminalTalk {
  /** Works on the line of a terminal; null where the one there lists nothing. */
  async function on<T>(
    channel: ChannelId,
    signal: AbortSignal,
    work: (terminal: Terminal) => Promise<Result<T, TalkFailure>>,
  ): Promise<Result<T | null, TalkFailure>> {
    let worked: Result<T | null, TalkFailure> = fail(away('nobody lent the line'))
    const use = async (line: Line, lineSignal: AbortSignal) => {
      const terminal = terminalOn(line, AbortSignal.any([signal, lineSignal]), permits)
      worked = terminal === null ? ok(null) : await work(terminal)
    }
    const lent = await lend(channel, use, signal)
    return lent.ok ? worked : fail(away(lent.error.message))
  }

  const unlisted: Result<never, TalkFailure> = fail({
    kind: 'unsupported',
    message: 'the terminal on this channel keeps no list of meters',
  })

  return {
    meterPoints: (channel, signal) => on(channel, signal, (terminal) => terminal.list()),
    async writeMeterPoint(channel, point, order, signal) {
      const written = await on(channel, signal, (terminal) => terminal.enter(point, order))
      return written.ok && written.value === null ? unlisted : done(written)
    },
    async removeMeterPoint(channel, point, order, signal) {
      const removed = await on(channel, signal, (terminal) => terminal.remove(point, order))
      return removed.ok && removed.value === null ? unlisted : done(removed)
    },
  }
}

interface Terminal {
  list(): Promise<Result<readonly MeterPoint[], TalkFailure>>
  enter(point: MeterPoint, order: OnOrder): Promise<Result<true, TalkFailure>>
  remove(point: MeterPoint, order: OnOrder): Promise<Result<true, TalkFailure>>
}

function terminalOn(line: Line, signal: AbortSignal, permits: FieldPermits): Terminal | null {
  const { terminal } = line.channel.facts
  switch (terminal?.protocol) {
    case 'gdw376':
      return terminal376(line, terminal.address, signal, permits)
    case 'dlt698':
      return terminal698(line, terminal.address, signal, permits)
    default:
      return null
  }
}

function terminal376(
  line: Line,
  address: string,
  signal: AbortSignal,
  permits: FieldPermits,
): Terminal {
  const device = { protocol: 'gdw376', address } as const

  async function listed(): Promise<Result<readonly ListedMeter[], TalkFailure>> {
    const all: ListedMeter[] = []
    let empty = 0
    for (let from = 1; from <= NUMBERS_MAX && empty < EMPTY_MAX; from += listedAtOnce) {
      const item = listItem(from, from + listedAtOnce - 1)
      const [request] = gdw376.plan([item], { address, profile: null }).requests
      if (!request) return fail({ kind: 'unsupported', message: `${address} is no terminal` })
      const outcome = await line.exchange(gdw376, request, mobileLimits, signal)
      // Some terminals deny numbers that are not taken.
      const readings = outcome.kind === 'refused' && from > 1 ? ok([]) : readingsOf(outcome)
      if (!readings.ok) return readings
      const found = listedIn(readings.value).filter(({ point }) => point > 0)
      empty = found.length === 0 ? empty + 1 : 0
      all.push(...found)
    }
    return ok(all)
  }

  async function write(meter: ListedMeter, order: OnOrder): Promise<Result<true, TalkFailure>> {
    const request = enterMeters(address, [meter], null)
    if (!request) return fail({ kind: 'unsupported', message: `${meter.address} fits no entry` })
    const permit = await permits.permit(device, 'write', order)
    return taken(await line.exchange(gdw376, request, mobileLimits, signal, permit))
  }

  /** What of the entry nobody named stays as the terminal has it. */
  async function restOf(number: number): Promise<Result<ListedMeter['rest'], TalkFailure>> {
    const all = await listed()
    if (!all.ok) return all
    return ok(all.value.find((one) => one.number === number)?.rest ?? usualMeter)
  }

  return {
    async list() {
      const all = await listed()
      if (!all.ok) return all
      return ok(
        all.value.map(({ number, point, address: meter }) => ({ number, point, address: meter })),
      )
    },
    async enter(point, order) {
      const rest = await restOf(point.number)
      return rest.ok ? write({ ...point, rest: rest.value }, order) : rest
    },
    // Metering point 0 takes an entry out of the list.
    remove: (point, order) => write({ ...point, point: 0, rest: usualMeter }, order),
  }
}

function terminal698(
  line: Line,
  address: string,
  signal: AbortSignal,
  permits: FieldPermits,
): Terminal {
  const device = { protocol: 'dlt698', address } as const
  type Request = ReturnType<typeof askArchive>

  async function archived() {
    const heard: Parameters<typeof archivedIn>[0][number][] = []
    const request = askArchive(address, randomInt(PIIDS))
    const asking = hearing(dlt698, (parts) => heard.push(...parts))
    const outcome = await line.exchange(asking, request, mobileLimits, signal)
    if (outcome.kind !== 'answered') return taken(outcome)
    const entries = archivedIn(heard)
    if (entries === null) return fail({ kind: 'refused', message: 'that is no archive' } as const)
    return ok(entries)
  }

  async function call(
    request: Request,
    effect: MovingEffect,
    order: OnOrder,
  ): Promise<Result<true, TalkFailure>> {
    const permit = await permits.permit(device, effect, order)
    const quiet = hearing(dlt698, () => {})
    return taken(await line.exchange(quiet, request, mobileLimits, signal, permit))
  }

  return {
    async list() {
      const all = await archived()
      if (!all.ok) return all
      if (all.value === true) return ok([])
      return ok(
        all.value.map(({ number, address: meter }) => ({ number, point: number, address: meter })),
      )
    },
    async enter(point, order) {
      const all = await archived()
      if (!all.ok) return all
      const known = all.value === true ? [] : all.value
      const basic = known.find(({ number }) => number === point.number)?.basic ?? null
      const request = enterMeter(address, { ...point, basic }, randomInt(PIIDS))
      if (!request) return fail({ kind: 'unsupported', message: `${point.address} fits no entry` })
      return call(request, 'write', order)
    },
    remove: (point, order) =>
      call(removeMeter(address, point.number, randomInt(PIIDS)), 'clear', order),
  }
}

/** A protocol whose answers are taken as they are: they hold no readings. */
export function hearing<Request, Response>(
  protocol: Protocol<Request, Response>,
  heard: (parts: readonly Response[]) => void,
): Protocol<Request, Response> {
  return {
    ...protocol,
    readings(_request, parts) {
      heard(parts)
      return { ok: true, readings: [] }
    },
  }
}

function readingsOf(outcome: ExchangeOutcome): Result<readonly Reading[], TalkFailure> {
  if (outcome.kind === 'answered') return ok(outcome.readings)
  const failure = taken(outcome)
  return failure.ok ? ok([]) : failure
}

export function taken(outcome: ExchangeOutcome): Result<true, TalkFailure> {
  switch (outcome.kind) {
    case 'answered':
      return ok(true)
    case 'refused':
      return fail({ kind: 'refused', message: outcome.refusal.message })
    case 'failed': {
      const { code, message } = outcome.failure
      const kind =
        code === 'exchange.gate' ? 'gate' : code === 'exchange.transport' ? 'away' : 'silent'
      return fail({ kind, message })
    }
  }
}

export const away = (message: string): TalkFailure => ({ kind: 'away', message })

function done(outcome: Result<unknown, TalkFailure>): Result<void, TalkFailure> {
  return outcome.ok ? ok(undefined) : outcome
}
