import { type Channel, memoryPair, type TransportError } from '#drivers/channel'
import {
  Backlog,
  ChannelWorker,
  type Errand,
  EventVisits,
  type ExchangeLimits,
  Learned,
  LineSilence,
  meterReader,
  PermitOffice,
  type PolledMeter,
  type PollPlan,
  readingGatekeeper,
  SilenceBook,
  type SlotOutcome,
} from '#src/acquisition'
import type { Collection } from '#src/collection'
import {
  civilTime,
  type Duration,
  hours,
  idOf,
  milliseconds,
  minutes,
  seconds,
  sleep,
} from '#src/core'
import { createLogger } from '#src/observe'
import type { PermitPool } from '#src/registry'
import { ManualClock, toyFrame, toyProtocol } from '#tests/support'

export const quarterly: PollPlan = {
  id: idOf(1),
  name: 'present values',
  protocol: 'dlt645-2007',
  dataClass: 'current',
  items: ['3'],
  cycle: minutes(15),
  offset: seconds(0),
  priority: 20,
  catchUp: null,
}

export const daily: PollPlan = {
  ...quarterly,
  id: idOf(2),
  name: 'daily freeze',
  dataClass: 'daily',
  items: ['5'],
  cycle: hours(24),
  priority: 10,
}

export const meters: readonly PolledMeter[] = [1, 2, 3].map((number) => ({
  id: idOf<'meter'>(number),
  address: String(number),
  protocol: 'dlt645-2007',
  profile: null,
}))

/** What the field says no to. */
export const REFUSED_ITEM = 66

const wakeUp = Uint8Array.of(0xfe, 0xfe)

const refusal: TransportError = { code: 'transport.refused', message: 'refused', retry: 'later' }

/** A worker whose field answers for the addresses in `awake`, at once. */
export function field(
  options: {
    awake?: readonly number[]
    /** Those of them that answer only what woke them first. */
    asleep?: readonly number[]
    plans?: readonly PollPlan[]
    startMinute?: number
    /** What the ledger says is missing. */
    owed?: Collection['open']
    /** How long it takes until an outcome stands in the ledger. */
    storing?: Duration
    /** Frames to this address and item that are lost, the first ones. */
    lost?: { readonly address: number; readonly item: number; readonly times: number }
    /** What it shares with other channels. */
    pools?: readonly PermitPool[]
    permits?: PermitOffice
    /** How long a meter thinks before it answers. */
    pace?: Duration
    paceOf?: (address: number) => Duration
    limits?: ExchangeLimits
    /** Turns of the microtask queue that dialing takes. */
    turns?: number
  } = {},
) {
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 4, options.startMinute ?? 1))
  const awake = new Set(options.awake ?? [1, 2, 3])
  const woken: number[] = []
  const asked: (readonly [address: number, item: number])[] = []
  const outcomes: SlotOutcome[] = []
  const finished: string[] = []
  const caughtUp: (readonly [Errand, readonly string[]])[] = []
  const silence = new LineSilence(new SilenceBook<number>(), meters.length)
  const learned = new Learned()
  const civil = civilTime('Asia/Shanghai')
  const plans = options.plans ?? [quarterly]
  const stop = new AbortController()
  let reachable = true
  const { lost: losing } = options
  let lostFrames = 0
  let far: Channel | null = null
  const worker = new ChannelWorker({
    name: 'bus',
    open: async () => {
      for (let turn = 0; turn < (options.turns ?? 0); turn++) await null
      if (!reachable) return refusal
      const [ours, theirs] = memoryPair()
      far = theirs
      void answer(theirs)
      return ours
    },
    meters,
    plans,
    readers: new Map([['dlt645-2007', meterReader({ ...toyProtocol, wakeUp })]]),
    limits: options.limits ?? { firstByte: milliseconds(2_000), gap: milliseconds(100) },
    clock,
    random: { next: () => 0 },
    civil,
    gatekeeper: readingGatekeeper([]),
    silence,
    learned,
    eventVisits: new EventVisits({
      store: { knownOf: async () => new Map(), knownFrom: async () => [] },
      meters,
      clock,
      civil,
    }),
    pools: options.pools ?? [],
    permits: options.permits ?? new PermitOffice(),
    backlog: new Backlog({
      plans,
      meters,
      ledger: { open: options.owed ?? (async () => []) },
      silence,
      learned,
      clock,
      civil,
      log: createLogger({ level: 'fatal', pretty: false }, { write: () => {} }),
    }),
    observer: {
      opened: () => {},
      visited: () => {},
      outcome: async (outcome, settled) => {
        outcomes.push(outcome)
        clock.after(options.storing ?? seconds(0), settled)
      },
      caughtUp: async (errand, items, _readout, settled) => {
        caughtUp.push([errand, items])
        settled()
      },
      finished: (round) => finished.push(round.plan.name),
      online: () => {},
      offline: () => {},
    },
  })
  async function answer(channel: Channel): Promise<void> {
    for await (const chunk of channel.bytes()) {
      const isWoken = chunk[0] === wakeUp[0]
      const [, address = 0, item = 0] = isWoken ? chunk.subarray(wakeUp.length) : chunk
      asked.push([address, item])
      if (isWoken) woken.push(address)
      else if (options.asleep?.includes(address)) continue
      if (item === losing?.item && address === losing.address && lostFrames++ < losing.times) {
        continue
      }
      const flag = item === REFUSED_ITEM ? 1 : 0
      if (!awake.has(address)) continue
      const pace = options.paceOf?.(address) ?? options.pace
      if (pace) await sleep(clock, pace, stop.signal)
      await channel.send(toyFrame(address, item, flag, 42), stop.signal)
    }
  }
  const running = worker.run(stop.signal)
  return {
    clock,
    worker,
    awake,
    asked,
    woken,
    outcomes,
    finished,
    caughtUp,
    cut: async () => {
      reachable = false
      await far?.close()
    },
    mend: () => {
      reachable = true
    },
    end: async () => {
      stop.abort()
      await running
    },
  }
}

export const missesOf = (outcomes: readonly SlotOutcome[]) =>
  outcomes.map(({ meter, missed }) => [Number(meter.id), missed])
