import { randomUUID } from 'node:crypto'
import type { ReadRequest, ReadRequestId, ReadRequests } from '#src/collection'
import {
  assert,
  type Clock,
  fail,
  type Instant,
  milliseconds,
  ok,
  type Result,
  seconds,
  sleep,
} from '#src/core'
import type { FieldTalk, RegisterValue, TalkFailure } from '#src/fieldwork'

/** On-demand reads, as the rest of the product asks them. */
export interface ReadsForField {
  readonly clock: Clock
  readonly readRequests: Pick<ReadRequests, 'create' | 'get'>
  readonly begin: (request: ReadRequest) => void
}

const LOOK_EVERY = milliseconds(500)
/** A terminal that waits for its meter may take a minute for each register. */
const PATIENCE = seconds(300)

/** Registers of a meter, read as an on-demand read that is kept like any other. */
export function readingTalk({
  clock,
  readRequests,
  begin,
}: ReadsForField): Pick<FieldTalk, 'readRegisters'> {
  return {
    async readRegisters(meter, registers, signal) {
      const request = await readRequests.create({
        id: randomUUID() as ReadRequestId,
        requestedBy: 'field work',
        requestedAt: clock.now(),
        meterIds: [meter],
        items: registers,
      })
      begin(request)
      const end = clock.now() + PATIENCE
      let latest: ReadRequest | undefined = request
      while (latest && latest.finishedAt === null && clock.now() < end) {
        if (!(await sleep(clock, LOOK_EVERY, signal))) break
        latest = await readRequests.get(request.id)
      }
      return told(latest, clock.now())
    },
  }
}

function told(
  request: ReadRequest | undefined,
  now: Instant,
): Result<{ readonly at: Instant; readonly values: readonly RegisterValue[] }, TalkFailure> {
  assert(request !== undefined, 'a request that was made is there')
  const values = request.items.flatMap(({ item, value }) =>
    value === null || !/^\d+(\.\d+)?$/.test(value) ? [] : [{ register: item, value }],
  )
  const at = request.items.find(({ value }) => value !== null)?.answeredAt ?? now
  if (values.length > 0) return ok({ at, values })
  const reason = request.items.find((item) => item.reason !== null)?.reason
  const message = reason?.message ?? 'no answer in time'
  return fail({ kind: reason?.code === 'read.offline' ? 'away' : 'silent', message })
}
