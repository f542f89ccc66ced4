import type { Dialer } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import {
  Backlog,
  ChannelWorker,
  EventVisits,
  Learned,
  LineSilence,
  meterReader,
  PermitOffice,
  type PolledMeter,
  type PollPlan,
  readingGatekeeper,
  SilenceBook,
} from '#src/acquisition'
import { type Clock, civilTime } from '#src/core'
import { createLogger } from '#src/observe'

export interface LoneWorkerParts {
  readonly dialer: Dialer
  readonly meters: readonly PolledMeter[]
  readonly plans: readonly PollPlan[]
  readonly clock: Clock
  readonly observer?: Partial<ConstructorParameters<typeof ChannelWorker>[0]['observer']>
}

/** The worker of a channel with DL/T 645 meters on it, and no database behind it. */
export function loneWorker({ dialer, meters, plans, clock, observer }: LoneWorkerParts) {
  const civil = civilTime('Asia/Shanghai')
  const silence = new LineSilence(new SilenceBook<number>(), meters.length)
  const learned = new Learned()
  const log = createLogger({ level: 'fatal', pretty: false }, { write: () => {} })
  const ledger = { open: async () => [] }
  return new ChannelWorker({
    name: dialer.name,
    open: async (signal) => {
      const opened = await dialer.open(signal)
      return opened.ok ? opened.value : opened.error
    },
    meters,
    plans,
    readers: new Map([[dlt645.name, meterReader(dlt645)]]),
    limits: null,
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
    pools: [],
    permits: new PermitOffice(),
    backlog: new Backlog({ plans, meters, ledger, silence, learned, clock, civil, log }),
    observer: {
      visited: () => {},
      opened: () => {},
      outcome: async () => {},
      caughtUp: async () => {},
      finished: () => {},
      online: () => {},
      offline: () => {},
      ...observer,
    },
  })
}
