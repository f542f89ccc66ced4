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
  ParameterFailure,
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
  let rest = new AbortController()
  /** Somebody waits for what was just agreed to. */
  const stir = () => rest.abort()

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
    const end = (
      state: ParameterWrite['state'],
      after: string | null,
      reason: ParameterFailure | null,
    ) => endWrite(db, id, state, { after, reason, nextAt: later() }, clock.now())
    const later = () => instant(clock.now() + AGAIN_AFTER)
    if (write.state === 'unknown') {
      const seen = await talk.read(meter, item)
      if (!seen.ok) return await end('unknown', null, seen.error)
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
      const isFinal = finalCodes.has(written.error.code)
      return await end(isFinal ? 'refused' : 'approved', null, written.error)
    }
    const { after, refusal: no } = written.value
    if (wasSo) return await end('done', after, soAlready)
    if (after === null) return await end('unknown', null, no ?? unreadable)
    const isDone = isSame(after, wanted)
    await end(isDone ? 'done' : no ? 'refused' : 'failed', after, isDone ? null : (no ?? notTaken))
  }

  async function look(): Promise<void> {
    // Nobody works on these any more: what failed half-way is looked at, and never sent again.
    await markUnknown(db, clock.now(), [...busy.keys()])
    const ready = await selectReady(db, clock.now(), [...busy.keys()], CANARIES, AT_ONCE)
    for (const write of ready) {
      const ended = carryOut(write)
        // What was on its way stays `sending`, for the next look.
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
      if (seen.ok) return seen
      const { code, message } = seen.error
      if (code === 'parameter.unknown-meter') return fail(refusal('not-found', message))
      if (code === 'read.unsupported') return fail(refusal('wrong', message))
      return fail({ kind: 'field', code, message })
    },
    async order(wanted: NewWrites, also = async () => {}) {
      const rule = await ruleFor(wanted.meters, wanted.item)
      if (!rule.ok) return rule
      const [first] = wanted.meters
      const order = { ...wanted, effect: rule.value.effect }
      const fault = first === undefined ? null : await talk.fault(first, order)
      if (fault) return fail(refusal('wrong', fault.message))
      const made = await db.transaction(async (tx) => {
        const now = clock.now()
        const run = wanted.run ? await insertRun(tx, { ...wanted.run, by: wanted.by }, now) : null
        const ids = await insertWrites(tx, wanted, rule.value, run, now)
        if (ids.length === 0) {
          return fail(refusal('not-now', 'a write of this item is open already'))
        }
        await also(tx)
        return ok(await selectWrites(tx, { ids }, null, ids.length))
      })
      if (made.ok) stir()
      return made
    },
    async decide(of, act, by, also = async () => {}) {
      const decided = await db.transaction(async (tx) => {
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
      if (decided.ok) stir()
      return decided
    },
    list: (filter, before, limit) => selectWrites(db, filter, before, limit),
    write: async (id) => (await selectWrites(db, { ids: [id] }, null, 1))[0],
    run: async (id) => (await selectRuns(db, id, null, 1))[0],
    runs: (before, limit) => selectRuns(db, null, before, limit),
  }

  return {
    parameters,
    runner: {
      async start() {
        running = (async () => {
          while (!stop.signal.aborted) {
            rest = new AbortController()
            // The database may be away for a while; the next look finds what is due then.
            await look().catch((error: unknown) => report({ event: 'parameters.failed', error }))
            await sleep(clock, LOOK_EVERY, AbortSignal.any([stop.signal, rest.signal]))
          }
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
const notTaken: ParameterFailure = {
  code: 'parameter.not-taken',
  message: 'the device took it, but does not show it',
}
const soAlready: ParameterFailure = { code: 'parameter.so-already', message: 'it was so already' }
const unreadable: ParameterFailure = {
  code: 'parameter.unreadable',
  message: 'it could not be read afterwards',
}

const refusal = (kind: ParameterRefusal['kind'], message: string): ParameterRefusal => {
  return { kind, message }
}

/** Leading zeros and the name of a type (`bool:1`) are how a value was written, not what it is. */
function isSame(shown: string, wanted: string): boolean {
  const plain = (text: string) => {
    return text
      .replace(/^[a-z][\w-]*:/i, '')
      .split('/')
      .map((part) => part.toUpperCase().replace(/^0+(?=.)/, ''))
      .map((part) => ({ TRUE: '1', FALSE: '0' })[part] ?? part)
      .join('/')
  }
  return plain(shown) === plain(wanted)
}
