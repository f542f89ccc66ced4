import { type Clock, fail, instant, minutes, ok, type Result, seconds, sleep } from '#src/core'
import type { Database } from '#src/db'
import {
  decideWrites,
  endWrite,
  insertRun,
  insertWrites,
  markSending,
  markUnknown,
  protocolsOf,
  selectReady,
  selectRules,
  selectRuns,
  selectWrites,
  settleRuns,
} from './queries.ts'
import type {
  NewWrites,
  ParameterRefusal,
  ParameterRule,
  Parameters,
  ParameterTalk,
  ParameterWrite,
} from './types.ts'

const LOOK_EVERY = seconds(10)
const AT_ONCE = 64
/** A device that is away is tried again after so long. */
const AGAIN_AFTER = minutes(10)
/** The first of a run, which are watched before the others are touched. */
const CANARIES = 3
/** So many failures are no chance. */
const FAILURES_MIN = 3

export interface ParameterOptions {
  readonly db: Database
  readonly clock: Clock
  readonly talk: ParameterTalk
  readonly report: (event: { readonly event: string; readonly error?: unknown }) => void
}

export interface ParameterRunner {
  start(): Promise<void>
  stop(): Promise<void>
  /** Does once what is due now; resolves when it is done. */
  once(): Promise<void>
}

export function createParameters({ db, clock, talk, report }: ParameterOptions): {
  readonly parameters: Parameters
  readonly runner: ParameterRunner
} {
  const stop = new AbortController()
  const busy = new Map<number, Promise<void>>()
  let running: Promise<void> = Promise.resolve()

  async function ruleFor(
    meters: readonly number[],
    item: string,
  ): Promise<Result<ParameterRule, ParameterRefusal>> {
    const protocols = await protocolsOf(db, [...new Set(meters)])
    const known = protocols.reduce((sum, { count }) => sum + count, 0)
    if (known < new Set(meters).size) return fail(refusal('not-found', 'a meter is not there'))
    const [first, ...others] = protocols
    if (!first || others.length > 0) {
      return fail(refusal('wrong', 'meters of one protocol are written at a time'))
    }
    const rules = await selectRules(db)
    const rule = rules.find(({ protocol, prefix }) => {
      if (protocol !== first.protocol) return false
      // F6 is not F67.
      return protocol === 'gdw376' ? item === prefix : item.startsWith(prefix)
    })
    if (rule) return ok(rule)
    return fail(refusal('not-allowed', `${item} of ${first.protocol} is not written from here`))
  }

  async function carryOut(write: ParameterWrite): Promise<void> {
    const { id, meter, item, wanted } = write
    const end = (state: ParameterWrite['state'], after: string | null, reason: string | null) =>
      endWrite(db, id, state, { after, reason, nextAt: later() }, clock.now())
    const later = () => instant(clock.now() + AGAIN_AFTER)
    if (write.state === 'unknown') {
      const seen = await talk.read(meter, item)
      if (!seen.ok) return await end('unknown', null, seen.error.message)
      const isDone = isSame(seen.value, wanted)
      return await end(isDone ? 'done' : 'failed', seen.value, isDone ? null : notTaken)
    }
    const order = { ...write, reference: `parameter-write/${id}` }
    let wasSo = false
    const written = await talk.write(meter, order, async (before) => {
      wasSo = isSame(before, wanted)
      return !wasSo && (await markSending(db, id, before, clock.now()))
    })
    if (!written.ok) {
      const { code, message } = written.error
      const isFinal = finalCodes.has(code)
      return await end(isFinal ? 'refused' : 'approved', null, message)
    }
    const { after, refusal: no } = written.value
    if (wasSo) return await end('done', after, 'it was so already')
    if (after === null) return await end('unknown', null, no?.message ?? 'it could not be read')
    const isDone = isSame(after, wanted)
    await end(
      isDone ? 'done' : no ? 'refused' : 'failed',
      after,
      isDone ? null : (no?.message ?? notTaken),
    )
  }

  async function look(): Promise<void> {
    const ready = await selectReady(db, clock.now(), [...busy.keys()], CANARIES, AT_ONCE)
    for (const write of ready) {
      const ended = carryOut(write)
        // What was on its way stays `sending`: it is read at the next start, and never sent again.
        .catch((error: unknown) => report({ event: 'parameters.failed', error }))
        .finally(() => busy.delete(write.channelId))
      busy.set(write.channelId, ended)
    }
    await settleRuns(db, FAILURES_MIN, clock.now())
  }

  const parameters: Parameters = {
    rules: () => selectRules(db),
    async read(meter, item) {
      const seen = await talk.read(meter, item)
      return seen.ok ? seen : fail(refusal('not-now', seen.error.message))
    },
    async order(wanted: NewWrites, also = async () => {}) {
      const rule = await ruleFor(wanted.meters, wanted.item)
      if (!rule.ok) return rule
      return await db.transaction(async (tx) => {
        const now = clock.now()
        const run = wanted.run ? await insertRun(tx, { ...wanted.run, by: wanted.by }, now) : null
        const ids = await insertWrites(tx, wanted, rule.value, run, now)
        if (ids.length === 0) {
          return fail(refusal('not-now', 'a write of this item is open already'))
        }
        await also(tx)
        return ok(await selectWrites(tx, { ids }, null, ids.length))
      })
    },
    async decide(of, act, by, also = async () => {}) {
      return await db.transaction(async (tx) => {
        const count = await decideWrites(tx, of, act, by, clock.now())
        if (count > 0) {
          await also(tx)
          return ok(count)
        }
        const filter = 'run' in of ? { run: of.run } : { ids: [of.write] }
        const [known] = await selectWrites(tx, filter, null, 1)
        if (!known) return fail(refusal('not-found', 'there is no such write'))
        const isOwn = known.state === 'proposed'
        return fail(isOwn ? refusal('second-person', '') : refusal('not-now', 'it is over already'))
      })
    },
    list: (filter, before, limit) => selectWrites(db, filter, before, limit),
    run: async (id) => (await selectRuns(db, id, null, 1))[0],
    runs: (before, limit) => selectRuns(db, null, before, limit),
  }

  return {
    parameters,
    runner: {
      async start() {
        await markUnknown(db, clock.now())
        running = (async () => {
          do {
            // The database may be away for a while; the next look finds what is due then.
            await look().catch((error: unknown) => report({ event: 'parameters.failed', error }))
          } while (await sleep(clock, LOOK_EVERY, stop.signal))
        })()
      },
      async stop() {
        stop.abort()
        await running
        await Promise.all(busy.values())
      },
      async once() {
        await look()
        await Promise.all(busy.values())
        await settleRuns(db, FAILURES_MIN, clock.now())
      },
    },
  }
}

/** Not sent, and asking again would not help. */
const finalCodes: ReadonlySet<string> = new Set([
  'field.not-offered',
  'field.refused',
  'parameter.value',
  'read.no-value',
])
const notTaken = 'the device took it, but does not show it'

const refusal = (kind: ParameterRefusal['kind'], message: string): ParameterRefusal => {
  return { kind, message }
}

/** Leading zeros are how a value was written, not what it is. */
function isSame(shown: string, wanted: string): boolean {
  const plain = (text: string) => {
    return text
      .split('/')
      .map((part) => part.toUpperCase().replace(/^0+(?=.)/, ''))
      .join('/')
  }
  return plain(shown) === plain(wanted)
}
