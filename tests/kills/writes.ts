import net from 'node:net'
import { createInterface } from 'node:readline'
import { type ClockTalk, createClocks, type Measured } from '#src/clocks'
import {
  type Clock,
  civilTime,
  fail,
  instant,
  milliseconds,
  ok,
  type Result,
  systemClock,
} from '#src/core'
import { type Database, type Db, openDatabase } from '#src/db'
import { createParameters } from '#src/parameters'
import { isWriteMutation, mutatedStatement } from './write-mutations.ts'

/**
 * Writes settings and corrects clocks of a field that stays alive, and ends itself in the middle of
 * what it does: at the `countdown`th time that it comes to `point`. Time passes faster here.
 */
const FASTER = 40

const [url = '', port = '', begunAtMs = '', mutation = ''] = process.argv.slice(2)
if (!isWriteMutation(mutation)) throw new Error(`no mutation ${mutation}`)
const looks = mutation !== 'sent-again'
process.stdout.write('loaded\n')
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const [point = '', countdown = '1'] = String((await orders.next()).value).split(' ')

let left = Number(countdown)
const reached = (at: string) => {
  if (at !== point) return
  left--
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
}

/** Twenty past noon in Shanghai at the first process, far from every hour; it goes on from there. */
const startMs = Date.UTC(2026, 10, 20, 4, 20)
const clock: Clock = {
  now: () => instant(startMs + systemClock.now() - Number(begunAtMs)),
  after: (duration, run) => systemClock.after(milliseconds(duration / FASTER), run),
}
const opened = await openDatabase({ url, dataDir: '', clock, check: async () => ok(undefined) })
if (!opened.ok) throw new Error(opened.error.message)
const db = watched(opened.value)

const socket = net.connect(Number(port), '127.0.0.1')
const waiting = new Map<number, (value: string) => void>()
createInterface({ input: socket }).on('line', (line) => {
  const { nth, value } = JSON.parse(line)
  waiting.get(nth)?.(value)
  waiting.delete(nth)
})
let asked = 0

/** What the field says to it. */
function ask(question: Readonly<Record<string, unknown>>): Promise<string> {
  const nth = asked++
  return new Promise((resolve) => {
    waiting.set(nth, resolve)
    socket.write(`${JSON.stringify({ nth, ...question })}\n`)
  })
}

const { runner: writing } = createParameters({
  db,
  clock,
  talk: {
    fault: async () => null,
    read: async (meter) => ok(await ask({ of: 'setting', meter })),
    async write(meter, { wanted, reference }, mayGo) {
      const before = looks ? await ask({ of: 'setting', meter }) : ''
      reached('before-intent')
      if (!(await mayGo(before))) return ok({ refusal: null, after: before })
      reached('after-intent')
      await ask({ of: 'setting', meter, wanted, reference })
      reached('after-write')
      const after = await ask({ of: 'setting', meter })
      reached('after-proof')
      return ok({ refusal: null, after })
    },
  },
  report,
})

const measure = async (id: number): Promise<Measured> => {
  const offsetMs = Number(await ask({ of: 'clock', meter: id }))
  return { measuredAt: clock.now(), offsetMs, uncertaintyMs: 500 }
}
const told: ClockTalk = {
  measure: async ({ kind, id }) => (kind === 'meter' ? ok(await measure(id)) : fail(nobody)),
  async correct({ id }, _, { reference }, mayGo): ReturnType<ClockTalk['correct']> {
    const seen = await measure(id)
    const before = looks ? seen : { ...seen, offsetMs: 100_000 }
    reached('before-intent')
    if (!(await mayGo(before))) return notNow
    reached('after-intent')
    await ask({ of: 'clock', meter: id, wanted: '0', reference })
    reached('after-write')
    const after = await measure(id)
    reached('after-proof')
    return ok({ refusal: null, after })
  },
}
const nobody = { code: 'exchange.timeout', message: 'nobody' }
const notNow: Result<never, { code: string; message: string }> = fail({
  code: 'clock.not-now',
  message: 'not now',
})
const { runner: correcting } = createClocks({
  db,
  clock,
  civil: civilTime('Asia/Shanghai'),
  talk: told,
  cases: { found: async () => ({ opened: 0, reopened: 0, extended: 0 }) },
  isHostRight: async () => true,
  report,
})
await Promise.all([writing.start(), correcting.start()])

function report({ event, error }: { readonly event: string; readonly error?: unknown }): void {
  if (error !== undefined) process.stderr.write(`${event}: ${String(error)}\n`)
}

/** Comes to a point before and after each statement. */
function watched(inner: Database): Database {
  const over = (one: Db): Db => ({
    async query(text, values) {
      reached('before-statement')
      const rows = await one.query(mutatedStatement(mutation, text), values)
      reached('after-statement')
      return rows as never
    },
  })
  return {
    ...over(inner),
    kind: inner.kind,
    transaction: (work) => inner.transaction((tx) => work(over(tx))),
    stream: (text, values, rows) => inner.stream(text, values, rows),
    close: () => inner.close(),
  }
}
