import { spawn } from 'node:child_process'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { seededRandom } from '#simulators/line'
import { milliseconds, ok, seconds, sleep, systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { temporaryFolder } from '#tests/support'
import { bundled } from './bundle.ts'
import { openDatabaseDoor } from './database-door.ts'
import type { WriteMutation } from './write-mutations.ts'

/** Around what a device is told, around each statement, and at any other moment. */
const points = [
  'before-intent',
  'after-intent',
  'after-write',
  'after-proof',
  'before-statement',
  'after-statement',
  'random',
] as const
type Point = (typeof points)[number]

const countdownMax: Readonly<Record<Point, number>> = {
  'before-intent': 6,
  'after-intent': 6,
  'after-write': 6,
  'after-proof': 6,
  'before-statement': 60,
  'after-statement': 60,
  random: 400,
}
const METERS = 12
const WRITES_A_LIFE = 5
const CLOCKS_A_LIFE = 3
const ITEM = '04000A01'
const OFF_MS = 100_000
const LIFE_MAX = milliseconds(1_500)
const FINISHED_MAX = seconds(20)
const LOOK_EVERY = milliseconds(100)
const never = new AbortController().signal

export interface WriteKillReport {
  readonly kills: number
  readonly at: Readonly<Partial<Record<Point, number>>>
  /** What devices were told to do. */
  readonly told: number
  readonly done: number
  /** What is not as it should be, in sentences. */
  readonly wrong: readonly string[]
}

/** Settings and clocks of meters, which outlive everybody who asks for them. */
class Field {
  readonly settings = new Map<number, string>()
  readonly offsets = new Map<number, number>()
  /** How often each order came. */
  readonly told = new Map<string, number>()

  answer({ of, meter, wanted, reference }: Question): string {
    const values = of === 'setting' ? this.settings : this.offsets
    if (wanted !== undefined && reference !== undefined) {
      this.told.set(reference, (this.told.get(reference) ?? 0) + 1)
      if (of === 'setting') this.settings.set(meter, wanted)
      else this.offsets.set(meter, Number(wanted))
    }
    return String(values.get(meter) ?? (of === 'setting' ? '00000000' : 0))
  }
}

interface Question {
  readonly of: 'setting' | 'clock'
  readonly meter: number
  readonly wanted?: string
  readonly reference?: string
}

/**
 * Kills a process that writes settings and corrects clocks again and again, and looks at the end
 * whether each order came to its device at most once and stands for what became of it.
 */
export async function killWriters(options: {
  readonly kills: number
  readonly seed: number
  readonly mutation: WriteMutation
}): Promise<WriteKillReport> {
  const random = seededRandom(options.seed)
  const wrong: string[] = []
  const door = await openDatabaseDoor((reason) => wrong.push(`the database was lost: ${reason}`))
  const made = temporaryFolder()
  const field = new Field()
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy())
    const lines = createInterface({ input: socket }).on('error', () => socket.destroy())
    lines.on('line', (line) => {
      const { nth, ...question } = JSON.parse(line)
      socket.write(`${JSON.stringify({ nth, value: field.answer(question) })}\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const opened = await openDatabase({
    ...{ url: door.url, dataDir: '', clock: systemClock, check: async () => ok(undefined) },
  })
  if (!opened.ok) throw new Error(opened.error.message)
  const db = opened.value
  const at: Partial<Record<Point, number>> = {}
  const begunAt = systemClock.now()

  /** One process, until the point or for as long as a life lasts; says where it ended. */
  async function live(program: string, point: Point | 'never', lifeMax: number): Promise<void> {
    const countdown = point === 'never' ? 0 : random.between(1, countdownMax[point])
    const args = [program, door.url, String(port), String(begunAt), options.mutation]
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { NODE_COMPILE_CACHE: path.join(made.path, 'compiled') },
    })
    child.stdin.on('error', () => {})
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.on('close', (_, signal) => resolve(signal))
    })
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
    child.stdin.write(`${point} ${countdown}\n`)
    const life = point === 'random' ? milliseconds(countdown) : milliseconds(lifeMax)
    const cancel = systemClock.after(life, () => {
      if (point !== 'never') at.random = (at.random ?? 0) + 1
      child.kill('SIGKILL')
    })
    if (point === 'never') {
      const until = systemClock.now() + lifeMax
      while ((await openOnes(db)).length > 0 && systemClock.now() < until) {
        await sleep(systemClock, LOOK_EVERY, never)
      }
      child.kill('SIGKILL')
    }
    const signal = await ended
    cancel()
    if (signal !== 'SIGKILL') wrong.push(`a process ended by ${signal} before it was killed`)
  }

  try {
    await prepare(db)
    const program = await bundled(path.join(import.meta.dirname, 'writes.ts'), made.path)
    let wanted = 10_000_000
    for (let kill = 0; kill < options.kills && wrong.length === 0; kill++) {
      for (let nth = 0; nth < WRITES_A_LIFE; nth++) {
        await order(db, random.between(1, METERS), String(wanted++))
      }
      for (let nth = 0; nth < CLOCKS_A_LIFE; nth++) {
        const meter = random.between(1, METERS)
        // Nobody moves a clock whose correction has not been proven yet.
        if (await isLeftAlone(db, meter)) field.offsets.set(meter, OFF_MS)
      }
      const point = points[random.between(0, points.length - 1)] ?? 'random'
      const before = at.random ?? 0
      await live(program, point, LIFE_MAX)
      if ((at.random ?? 0) === before) at[point] = (at[point] ?? 0) + 1
    }
    await live(program, 'never', FINISHED_MAX)
    wrong.push(...(await openOnes(db)), ...(await contradictions(db, field.told)))
    const [row] = await db.query<{ done: number }>(
      `select (select count(*) from parameter_write where state = 'done')::int
         + (select count(*) from clock_correction where state = 'done')::int as done`,
    )
    const told = [...field.told.values()].reduce((sum, times) => sum + times, 0)
    return { kills: options.kills, at, told, done: row?.done ?? 0, wrong }
  } finally {
    await db.close()
    server.close()
    await door.close()
    made.remove()
  }
}

/** Each on a channel of its own, so that they are worked on at once. */
async function prepare(db: Database): Promise<void> {
  await db.query(
    `insert into channel (name, kind, settings)
     select 'line ' || n, 'tcp', '{"host": "a", "port": 1}' from generate_series(1, $1::int) n`,
    [METERS],
  )
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt698', n from generate_series(1, $1::int) n`,
    [METERS],
  )
  await db.query('update clock_policy set auto_correct = true')
}

async function order(db: Database, meter: number, wanted: string): Promise<void> {
  await db.query(
    `insert into parameter_write (meter_id, channel_id, item, wanted, people_needed, effect, state,
       requested_by, requested_at, approvers, next_at)
     values ($1::int, $1::int, $2::text, $3::text, 1, 'write', 'approved', 'user/1', now(),
       '{user/1}', '-infinity')
     on conflict do nothing`,
    [meter, ITEM, wanted],
  )
}

/** The clock of this meter is looked at next; false where somebody is at it already. */
async function isLeftAlone(db: Database, meter: number): Promise<boolean> {
  const rows = await db.query(
    `update clock_device d set next_at = '-infinity'
     where kind = 'meter' and device_id = $1::int and not exists (
       select from clock_correction c
       where c.kind = d.kind and c.device_id = d.device_id and c.ended_at is null)
     returning 1`,
    [meter],
  )
  return rows.length > 0
}

/** What has no end yet, in sentences. */
async function openOnes(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ text: string }>(
    `select 'parameter-write/' || id || ' is ' || state as text
     from parameter_write where ended_at is null
     union all
     select 'clock-correction/' || id || ' is ' || state from clock_correction
     where ended_at is null`,
  )
  return rows.map(({ text }) => text)
}

/** What came twice, what came and is not done, and what is done and never came. */
async function contradictions(
  db: Database,
  told: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  const rows = await db.query<{ reference: string; state: string }>(
    `select 'parameter-write/' || id as reference, state from parameter_write
     union all
     select 'clock-correction/' || id, state from clock_correction`,
  )
  return rows.flatMap(({ reference, state }) => {
    const times = told.get(reference) ?? 0
    if (times > 1) return [`${reference} came ${times} times`]
    const isDone = state === 'done'
    return isDone === (times === 1) ? [] : [`${reference} is ${state} and came ${times} times`]
  })
}
