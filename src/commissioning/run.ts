import type { NewReadRequest, ReadItem, ReadRequest, ReadRequestId } from '#src/collection'
import {
  type ChannelId,
  type CivilTime,
  type Clock,
  type MeterId,
  type Result,
  seconds,
  sleep,
} from '#src/core'
import type { Database } from '#src/db'
import type { Readings } from '#src/readings'
import type { MeterRecord, Registry } from '#src/registry'
import { compare, type FoundMeter } from './compare.ts'
import { firstReadItems, matchRemarks, remarksOf, verdictOf, worstOf } from './first-read.ts'
import {
  moveJob,
  noteFound,
  noteTrying,
  noteWayDone,
  planReads,
  selectJob,
  writeCompared,
  writeVerdicts,
} from './queries.ts'
import type { Commission, CommissionedMeter, CommissionId, CommissionWay, Remark } from './types.ts'

/** What a search tells; `found` fits acquisition's. */
export interface SearchTold {
  found(meter: FoundMeter): void
  trying(text: string): void
}

export interface RunOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly registry: Pick<Registry, 'metersOfChannel' | 'metersByAddresses'>
  /** Looks for meters on a channel that is served. */
  readonly search: (
    channel: ChannelId,
    way: CommissionWay,
    told: SearchTold,
    signal: AbortSignal,
  ) => Promise<Result<void, { readonly code: string; readonly message: string }>>
  /** On-demand reads: the same id twice is one. */
  readonly reads: {
    request(read: NewReadRequest): Promise<ReadRequest>
    get(id: ReadRequestId): Promise<ReadRequest | undefined>
    /** Of what was not answered yet nothing is asked any more. */
    cancel(id: ReadRequestId): Promise<void>
    items(
      id: ReadRequestId,
      filter: { readonly cursor?: string; readonly limit: number },
    ): Promise<{ readonly items: readonly ReadItem[]; readonly next: string | null } | undefined>
  }
  readonly readings: Pick<Readings, 'list'>
  /** Enters all that are new; a sentence where that does not work. */
  readonly adopt: (job: Commission) => Promise<string | null>
}

const LOOK_EVERY = seconds(1)
const PAGE = 1_000

/** One job from where it stands to its end. */
export class JobRun {
  readonly #id: CommissionId
  readonly #options: RunOptions

  constructor(id: CommissionId, options: RunOptions) {
    this.#id = id
    this.#options = options
  }

  async goOn(signal: AbortSignal): Promise<void> {
    let job = await this.#job()
    if (job?.state === 'searching') {
      if (!(await this.#search(job, signal))) return
      await this.#compare(job)
      job = await this.#job()
    }
    if (job?.state !== 'reading' || signal.aborted) return
    if (job.adoptsAll && job.meters.some(isAdoptable)) {
      const failure = await this.#options.adopt(job)
      if (failure !== null) return await this.#fail(failure)
    }
    await this.#compare(job)
    await this.#read(signal)
    if (!signal.aborted) await this.#judge()
  }

  #job(): Promise<Commission | undefined> {
    return selectJob(this.#options.db, this.#id)
  }

  /** False where the job ended with it. */
  async #search(job: Commission, signal: AbortSignal): Promise<boolean> {
    const { db, clock, search } = this.#options
    for (const [nth, way] of job.ways.entries()) {
      if (nth < job.waysDone) continue
      let writing: Promise<unknown> = Promise.resolve()
      const then = (write: () => Promise<void>) => {
        writing = writing.then(write)
        // Whoever waits for it at the end hears of a failure.
        writing.catch(() => {})
      }
      const searched = await search(
        job.channelId,
        way,
        {
          found: (meter) => then(() => noteFound(db, this.#id, meter, clock.now())),
          trying: (text) => then(() => noteTrying(db, this.#id, text)),
        },
        signal,
      )
      await writing
      if (signal.aborted) return false
      if (!searched.ok) {
        await this.#fail(`${searched.error.message} [${searched.error.code}]`)
        return false
      }
      await noteWayDone(db, this.#id, nth + 1)
    }
    return true
  }

  async #compare({ channelId }: Commission): Promise<void> {
    const { db, registry } = this.#options
    const job = await this.#job()
    if (job === undefined) return
    const found = job.meters.filter(({ match }) => match !== 'missing')
    const names = found.flatMap(({ address, place }) =>
      place === '' ? [address] : [address, place],
    )
    const [here, named] = await Promise.all([
      registry.metersOfChannel(channelId),
      registry.metersByAddresses(names),
    ])
    const archive = new Map<MeterId, MeterRecord>([...here, ...named].map((one) => [one.id, one]))
    const compared = compare(found, [...archive.values()], channelId)
    await db.transaction(async (tx) => {
      await writeCompared(tx, this.#id, compared)
      if (job.state === 'searching') {
        await moveJob(tx, this.#id, 'reading', undefined, ['searching'])
      }
    })
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { db, clock, reads } = this.#options
    await db.transaction((tx) => planReads(tx, this.#id))
    const job = await this.#job()
    if (job === undefined) return
    const records = await this.#records(job)
    const planned = Map.groupBy(
      job.meters.filter(({ readId }) => readId !== null),
      ({ readId }) => readId,
    )
    await noteTrying(db, this.#id, `reading ${job.meters.length} meters for the first time`)
    const asked: ReadRequestId[] = []
    for (const [readId, meters] of planned) {
      const meterIds = meters.flatMap(({ meterId }) => (meterId === null ? [] : [meterId]))
      const protocol = records.get(meterIds[0] ?? null)?.protocol
      if (readId === null || protocol === undefined) continue
      const id = readId as ReadRequestId
      const items = firstReadItems(protocol)
      const { requestedBy } = job
      await reads.request({ id, requestedBy, requestedAt: clock.now(), meterIds, items })
      asked.push(id)
    }
    for (const id of asked) {
      while ((await reads.get(id))?.finishedAt === null) {
        if (!(await sleep(clock, LOOK_EVERY, signal))) return
      }
    }
  }

  async #judge(): Promise<void> {
    const { db, clock } = this.#options
    const job = await this.#job()
    if (job === undefined) return
    const itemsOf = await this.#itemsOf(job)
    const records = await this.#records(job)
    const judged: (CommissionedMeter & { verdict: ReturnType<typeof verdictOf> })[] = []
    for (const meter of job.meters) {
      const remarks = await this.#remarksOf(job, meter, itemsOf, records)
      judged.push({ ...meter, remarks, verdict: verdictOf(remarks) })
    }
    const verdict = worstOf(judged.map((meter) => meter.verdict))
    await db.transaction(async (tx) => {
      await writeVerdicts(tx, this.#id, judged)
      await moveJob(tx, this.#id, 'done', { at: clock.now(), failure: null, verdict }, ['reading'])
    })
  }

  async #remarksOf(
    job: Commission,
    meter: CommissionedMeter,
    itemsOf: ReadonlyMap<MeterId, readonly ReadItem[]>,
    records: ReadonlyMap<MeterId | null, MeterRecord>,
  ): Promise<readonly Remark[]> {
    const record = records.get(meter.meterId)
    const items = meter.meterId === null ? undefined : itemsOf.get(meter.meterId)
    const own = matchRemarks(meter.match, meter.adoptedAt !== null)
    if (items === undefined || record === undefined || meter.readId === null) return own
    const isHeard = items.some(({ state }) => state === 'answered')
    const before = await this.#before(record.id, job)
    const read = remarksOf({ protocol: record.protocol, items, before }, this.#options.civil)
    // Hidden from the search by a louder one, but there when it is asked by its own address.
    return meter.match === 'missing' && isHeard ? read : [...own, ...read]
  }

  async #before(meterId: MeterId, { requestedAt }: Commission) {
    const page = await this.#options.readings.list(meterId, {
      register: '1.8.0',
      dataClass: 'current',
      to: requestedAt,
      limit: 1,
    })
    const [last] = page.ok ? page.value.items : []
    return last === undefined ? null : { at: last.at, value: last.value }
  }

  async #itemsOf(job: Commission): Promise<ReadonlyMap<MeterId, readonly ReadItem[]>> {
    const ids = new Set(job.meters.flatMap(({ readId }) => (readId === null ? [] : [readId])))
    const items: ReadItem[] = []
    for (const id of ids) {
      let cursor: string | null = ''
      while (cursor !== null) {
        const after: { cursor?: string } = cursor === '' ? {} : { cursor }
        const page: Awaited<ReturnType<RunOptions['reads']['items']>> =
          await this.#options.reads.items(id as ReadRequestId, { ...after, limit: PAGE })
        items.push(...(page?.items ?? []))
        cursor = page?.next ?? null
      }
    }
    return Map.groupBy(items, ({ meterId }) => meterId)
  }

  async #records(job: Commission): Promise<ReadonlyMap<MeterId | null, MeterRecord>> {
    const here = await this.#options.registry.metersOfChannel(job.channelId)
    return new Map(here.map((meter) => [meter.id, meter]))
  }

  async #fail(failure: string): Promise<void> {
    const { db, clock } = this.#options
    await db.transaction((tx) =>
      moveJob(tx, this.#id, 'failed', { at: clock.now(), failure, verdict: null }),
    )
  }
}

const isAdoptable = ({ match, adoptedAt }: CommissionedMeter) =>
  match === 'new' && adoptedAt === null
