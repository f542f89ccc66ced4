import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { eventTypes } from '#protocols/model'
import type { Acquisition } from '#src/acquisition'
import {
  FIELD_PERMIT_LIFE,
  firmwareTalk,
  readingTalk,
  terminalTalk,
} from '#src/acquisition/fieldwork'
import type { PermitOffice } from '#src/acquisition/gate'
import type { Cases } from '#src/cases'
import type { ReadRequests } from '#src/collection'
import type { Settings } from '#src/config'
import { type CivilTime, type Clock, fail, type Instant } from '#src/core'
import type { Database } from '#src/db'
import { createFieldOrders, createFieldRunner } from '#src/fieldwork'
import { createFirmware, createFirmwareRunner } from '#src/firmware'
import {
  createMessages,
  createNotifier,
  createPostOffice,
  type EventWords,
  type Provider,
  smsOverHttp,
  smsSettings,
} from '#src/messages'
import { type Logger, tellRecurring } from '#src/observe'
import type { Readings } from '#src/readings'

const urgencyOf = { info: 'low', minor: 'medium', major: 'high', critical: 'critical' } as const
const eventWords: readonly EventWords[] = eventTypes.map(({ code, severity, zh, en }) => {
  return { code, severity: urgencyOf[severity], zh, en }
})

export interface DailyWorkWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly settings: Pick<Settings, 'smsFile' | 'smsSecret'>
  readonly cases: Cases
  readonly readings: Pick<Readings, 'store'>
  readonly readRequests: Pick<ReadRequests, 'create' | 'get'>
  readonly acquisition: Pick<Acquisition, 'lend' | 'spare' | 'beginRead'>
  readonly office: PermitOffice
  readonly archiveChanged: () => Promise<unknown>
}

/** Messages and field orders, and what carries them on. */
export function buildDailyWork(wiring: DailyWorkWiring) {
  const { db, clock, civil, log, cases, readings, acquisition, office } = wiring
  const messages = createMessages(db, clock)
  const provider = providerOf(wiring)
  const complain = tellRecurring(log, clock)
  const postOffice = provider
    ? createPostOffice({ db, clock, civil, provider, report: complain })
    : null
  const notifier = createNotifier({
    ...{ db, clock, civil, messages },
    events: eventWords,
    report: complain,
  })
  const runner = createFieldRunner({
    db,
    clock,
    cases,
    readings,
    talk: {
      ...readingTalk({ ...wiring, begin: (request) => acquisition.beginRead(request) }),
      ...terminalTalk({
        lend: (...lent) => acquisition.lend(...lent),
        permits: {
          permit: (device, effect, { reference, requestedBy }) =>
            office.issue({
              device,
              effect,
              action: null,
              purpose: 'upkeep',
              reference,
              requestedBy,
              approvers: [],
              life: FIELD_PERMIT_LIFE,
            }),
        },
      }),
    },
    // Slots follow from the meters that tasks find in service.
    slots: { meterGone: async () => {}, meterCame: async () => {} },
    archiveChanged: wiring.archiveChanged,
    report: complain,
  })
  const firmwareRunner = createFirmwareRunner({
    db,
    clock,
    civil,
    cases,
    talk: firmwareTalk({
      spare: (...lent) => acquisition.spare(...lent),
      permit: (device, { campaignId, requestedBy, approvedBy }) =>
        office.issue({
          device,
          effect: 'firmware',
          action: null,
          purpose: 'upkeep',
          reference: `firmware-campaign/${campaignId}`,
          requestedBy,
          approvers: [approvedBy],
          life: FIELD_PERMIT_LIFE,
        }),
    }),
    report: complain,
  })
  return {
    api: {
      messages,
      messageRules: notifier,
      firmware: createFirmware(db, clock, cases),
      fieldOrders: createFieldOrders(db, clock),
      receiptsOf: (name: string, call: Parameters<Provider['receipts']>[0], now: Instant) =>
        provider?.name === name ? provider.receipts(call, now) : fail('forged' as const),
    },
    start() {
      runner.start()
      firmwareRunner.start()
      notifier.start()
      postOffice?.start()
    },
    async stop() {
      await Promise.all([runner.stop(), firmwareRunner.stop(), notifier.stop(), postOffice?.stop()])
    },
  }
}

/** The provider of the settings' file; null without one, and messages wait in the outbox then. */
function providerOf({ settings, clock, log }: DailyWorkWiring): Provider | null {
  const { smsFile, smsSecret } = settings
  if (smsFile === null) return null
  const content = read(smsFile)
  const checked = content.ok ? smsSettings(content.value) : content
  if (checked.ok) return smsOverHttp(checked.value, smsSecret, clock)
  log.error({ event: 'messages.settings', file: smsFile, mistakes: checked.error })
  return null
}

function read(path: string) {
  try {
    const value: unknown = parse(readFileSync(path, 'utf8'))
    return { ok: true, value } as const
  } catch (error) {
    // Whoever wrote the file reads why in the log; the head-end meters on without messages.
    const reason = error instanceof Error ? error.message : String(error)
    return fail([reason])
  }
}
