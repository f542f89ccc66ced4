import { civilTime, hours, type Instant, instant, type MeterId, type UsagePointId } from '#src/core'
import { compressChunks } from '#src/db'
import type { StoredReading } from '#src/readings'
import { at, type Field } from './field.ts'
import { type Life, quarter, type Register, registers, type Truth, truthOf } from './lives.ts'
import type { Hanging, Shown } from './oracle.ts'
import { type Made, madeOf, readingsOf, shownOf } from './sayings.ts'

type Step = () => Promise<unknown>

export interface Lived {
  readonly placeId: UsagePointId
  readonly begin: Instant
  readonly end: Instant
  readonly now: Instant
  readonly hangings: ReadonlyMap<Register, readonly Hanging[]>
  /** Everything that is to happen, in its order. */
  readonly steps: readonly Step[]
  shown(register: Register, meter: number): readonly Shown[]
}

export async function begun(field: Field, life: Life): Promise<Lived> {
  const { db } = field.database
  const civil = civilTime(life.zone)
  const { readings, metering } = field.in(life.zone)
  const truth = truthOf(life, civil.startOf(civil.dateOf(at(`${life.morning}T12:00:00Z`))))
  const { begin, end } = truth
  const now = instant(end + hours(24 * 70))
  const placeId = await field.newPlace()
  const ids: MeterId[] = []
  for (const registerDigits of life.digits) ids.push(await field.newMeter({ registerDigits }))
  const idOfNth = (nth: number): MeterId => {
    const id = ids[nth]
    if (id === undefined) throw new Error('there are meters enough')
    return id
  }
  const sayings = readingsOf(life, truth, idOfNth, now, civil)
  const made = madeOf(life, truth)
  const seen = new Map<string, readonly Shown[]>()
  const chains: Step[][] = [
    ...batchesOf(life, sayings).map((batch) => [() => readings.store(batch)]),
    ...wordsOf(field, life, truth, idOfNth),
    ...made.map((one) => valueSteps(field, one, idOfNth(one.meter))),
    [() => metering.rollUp(now), () => metering.rollUp(now), () => metering.rollUp(now)],
    [
      () => compressChunks(db, ['reading_curve', 'reading_daily', 'reading_item'], now),
      () => metering.compress(instant(now + hours(24 * 200))),
    ],
  ]
  const hanging = hangSteps(field, life, truth, placeId, idOfNth)
  await hanging.first()
  if (life.toldWhen === 'before') await hanging.rest()
  const told = [
    ...(life.toldWhen === 'before' ? [] : [hanging.rest]),
    ...(life.isRatioCorrected ? [hanging.correct] : []),
  ]
  if (life.toldWhen !== 'after') chains.push(...told.map((step) => [step]))
  const after = life.toldWhen === 'after' ? [() => metering.rollUp(now), ...told] : []
  return {
    ...{ placeId, begin, end, now, steps: [...interleaved(chains, life.order), ...after] },
    hangings: new Map(
      registers.map((register) => [
        register,
        truth.hangings.map(({ opened, closed, ...own }) => ({
          ...own,
          meter: Number(idOfNth(own.meter)),
          ...(opened ? { opening: truth.shows(register, own.meter, own.from) } : {}),
          ...(closed ? { closing: truth.shows(register, own.meter, own.to) } : {}),
        })),
      ]),
    ),
    shown(register, meter) {
      const key = `${register} ${meter}`
      const found = seen.get(key) ?? shownOf(life, truth, sayings, made, idOfNth, register, meter)
      seen.set(key, found)
      return found
    },
  }
}

const toTime = (nth: number) => `to_timestamp($${nth}::float8 / 1000)`

function wordsOf(
  { database: { db } }: Field,
  life: Life,
  truth: Truth,
  idOfNth: (nth: number) => MeterId,
): Step[][] {
  const seen = new Set<number>()
  return life.verdicts.flatMap(({ at: index, word }): Step[][] => {
    const when = truth.first + index * quarter
    if (seen.has(when)) return []
    seen.add(when)
    const nths = [...new Set(truth.hangings.map(({ meter }) => meter))]
    return nths.flatMap((nth) =>
      registers.map((register): Step[] => {
        const about = [idOfNth(nth), register, when]
        const say = () =>
          db.query(
            `insert into register_verdict (meter_id, register, measured_at, verdict, decided_by,
               decided_at) values ($1, $2, ${toTime(3)}, $4, 'a person', now())
             on conflict do nothing`,
            [...about, word === 'suspect' ? 'suspect' : 'rejected'],
          )
        const takeBack = () =>
          db.query(
            `delete from register_verdict where meter_id = $1 and register = $2
               and measured_at = ${toTime(3)} and decided_by = 'a person'`,
            about,
          )
        return word === 'taken back' ? [say, takeBack] : [say]
      }),
    )
  })
}

function valueSteps({ database: { db } }: Field, made: Made, meter: MeterId): Step[] {
  const { when, micro, kind, end, isOverRead } = made
  const put = (state: string, digits: bigint) => () =>
    db.query(
      `insert into register_value (meter_id, register, measured_at, digits, scale, kind, state,
         made_by, made_at) values ($1, '1.8.0', ${toTime(2)}, $3, 6, $4, $5, 'hes', now())`,
      [meter, when, digits, kind, state],
    )
  const turn = (from: string, to: string) => () =>
    db.query(
      `update register_value set state = $3 where meter_id = $1 and state = $4
         and measured_at = ${toTime(2)}`,
      [meter, when, to, from],
    )
  const reject = () =>
    db.query(
      `insert into register_verdict (meter_id, register, measured_at, verdict, decided_by,
         decided_at) values ($1, '1.8.0', ${toTime(2)}, 'rejected', 'an editor', now())
       on conflict (meter_id, register, measured_at) do update set verdict = 'rejected',
         decided_by = 'an editor'`,
      [meter, when],
    )
  if (end === 'refused') return [put('proposed', micro), turn('proposed', 'refused')]
  const first = [put('proposed', end === 'replaced' ? 0n : micro), turn('proposed', 'in-force')]
  const words = isOverRead ? [reject] : []
  if (end === 'stays') return [...first, ...words]
  const away = turn('in-force', 'superseded')
  return [...first, ...words, away, ...(end === 'replaced' ? [put('in-force', micro)] : [])]
}

function hangSteps(
  field: Field,
  life: Life,
  truth: Truth,
  placeId: UsagePointId,
  idOfNth: (nth: number) => MeterId,
) {
  const { db } = field.database
  const [first, ...others] = truth.hangings
  let firstId = 0
  type Hung = Truth['hangings'][number]
  const write = async (id: number, { meter, from, to, opened, closed }: Hung) => {
    for (const register of registers) {
      const opening = opened ? truth.shows(register, meter, from) : null
      const closing = closed ? truth.shows(register, meter, to) : null
      if (opening === null && closing === null) continue
      const scaleOf = (value: bigint | null) => (value === null ? null : 6)
      await db.query(
        `insert into installation_register (installation_id, register, opening_digits,
           opening_scale, closing_digits, closing_scale) values ($1, $2, $3, $4, $5, $6)`,
        [id, register, opening, scaleOf(opening), closing, scaleOf(closing)],
      )
    }
  }
  return {
    async first() {
      if (first === undefined) throw new Error('something hangs there')
      const ct = life.isRatioCorrected ? ([9n, 7n] as const) : first.ratio
      const hung = { meter: idOfNth(first.meter), from: instant(first.from), ct }
      firstId = await field.install(placeId, hung)
    },
    async rest() {
      if (first === undefined || !Number.isFinite(first.to)) return
      await db.query(`update installation set valid_to = ${toTime(2)} where id = $1`, [
        firstId,
        first.to,
      ])
      await write(firstId, first)
      for (const own of others) {
        const { meter, from, to, ratio } = own
        const until = Number.isFinite(to) ? { to: instant(to) } : {}
        const hung = { meter: idOfNth(meter), from: instant(from), ct: ratio, ...until }
        await write(await field.install(placeId, hung), own)
      }
    },
    correct: () =>
      db.query('update installation set ct_numerator = $2, ct_denominator = $3 where id = $1', [
        firstId,
        ...(first?.ratio ?? [1n, 1n]),
      ]),
  }
}

function batchesOf(life: Life, all: readonly StoredReading[]): readonly StoredReading[][] {
  const mixed = all
    .map((one, index) => ({ one, key: (index * 7_919 + (life.order[index % 20] ?? 0)) % 10_007 }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one)
  const batches: StoredReading[][] = []
  // In small batches of a mixture, and one that holds most.
  for (let from = 0; from < mixed.length; ) {
    const size = from === 0 ? Math.floor(mixed.length / 2) : life.batch
    batches.push(mixed.slice(from, from + size))
    from += size
  }
  return batches
}

/** Steps of a chain keep their order; which chain goes on next is decided by the numbers. */
function interleaved(chains: readonly Step[][], order: readonly number[]): readonly Step[] {
  const left = chains.map((chain) => [...chain])
  const steps: Step[] = []
  for (let turn = 0; ; turn += 1) {
    const going = left.filter((chain) => chain.length > 0)
    if (going.length === 0) return steps
    const chosen = going[((order[turn % order.length] ?? 0) + turn * 13) % going.length]
    const step = chosen?.shift()
    if (step !== undefined) steps.push(step)
  }
}
