import { type Static, Type } from '@sinclair/typebox'
import type { Settings } from '#src/config'
import { fail, type Result } from '#src/core'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import { type Fetch, HeadEndClient } from './head-end-client.ts'
import type { CliIo } from './io.ts'
import { printJson, progress, reportFailure, say } from './report.ts'
import { renderTable } from './table.ts'

/** Longest that the server holds a question for the end of a read. */
const WAIT_SECONDS = 2
const PAGE = 1_000

/** Whose meters are read: those of a group, an area, or a file. */
export interface BatchFlags {
  readonly group?: string
  readonly area?: string
  readonly file?: string
  readonly concentrator?: string
  readonly partial?: true
  readonly deadline?: string
  readonly item: readonly string[]
  readonly json?: true
}

const Batch = Type.Object({
  id: Type.String(),
  state: Type.String(),
  finishedAt: Type.Union([Type.String(), Type.Null()]),
  meters: Type.Integer(),
  progress: Type.Object({
    total: Type.Integer(),
    answered: Type.Integer(),
    failed: Type.Integer(),
    cancelled: Type.Integer(),
    percent: Type.Number(),
    perMinute: Type.Union([Type.Number(), Type.Null()]),
  }),
})
type Batch = Static<typeof Batch>
const nullable = Type.Union([Type.String(), Type.Null()])
const Items = Type.Object({
  items: Type.Array(
    Type.Object({
      meter: Type.Integer(),
      item: Type.String(),
      state: Type.String(),
      value: nullable,
      unit: nullable,
      at: nullable,
      reason: Type.Union([
        Type.Object({ code: Type.String(), message: Type.String() }),
        Type.Null(),
      ]),
    }),
  ),
  next: nullable,
})

export function isBatch({ group, area, file }: Partial<BatchFlags>): boolean {
  return group !== undefined || area !== undefined || file !== undefined
}

/** Reads many meters through a running head-end; Ctrl-C cancels what was not asked yet. */
export async function readBatch(
  io: CliIo,
  flags: BatchFlags,
  settings: Settings,
  fetch: Fetch,
): Promise<ExitCode> {
  // Whoever stops it still wants to hear what was read: only the asking ends.
  const client = new HeadEndClient(settings, fetch, new AbortController().signal)
  const signed = await client.signIn(settings)
  if (!signed.ok) return reportFailure(io, signed.error)
  const begun = await begin(client, flags, io)
  if (!begun.ok) return reportFailure(io, begun.error)
  const ended = await follow(client, begun.value, io)
  if (!ended.ok) return reportFailure(io, ended.error)
  const printed = await print(client, ended.value.id, flags, io)
  if (!printed.ok) return reportFailure(io, printed.error)
  const { answered, failed, cancelled, total } = ended.value.progress
  say(io, `${answered} of ${total} answered, ${failed} failed, ${cancelled} cancelled`)
  if (answered === total) return exitCodes.done
  return answered > 0 ? exitCodes.failed : exitCodes.noAnswer
}

async function begin(
  client: HeadEndClient,
  flags: BatchFlags,
  io: CliIo,
): Promise<Result<Batch, CliFailure>> {
  const { group, area, concentrator, file, item: items, deadline, partial = false } = flags
  if (file === undefined) {
    const sources = { group, area, concentrator }
    return await client.post('/reads', { ...sources, items, deadline, partial }, Batch)
  }
  const query = new URLSearchParams({ items: items.join(','), partial: String(partial) })
  if (deadline !== undefined) query.set('deadline', deadline)
  try {
    return await client.postCsv(`/reads/files?${query}`, io.readBytes(file), Batch)
  } catch (error) {
    const message = `--file: ${file} cannot be read: ${error instanceof Error ? error.message : ''}`
    return fail({ exit: exitCodes.usage, code: 'call.file', message })
  }
}

async function follow(
  client: HeadEndClient,
  begun: Batch,
  io: CliIo,
): Promise<Result<Batch, CliFailure>> {
  const shown = progress(io)
  let isCancelled = false
  let batch = begun
  while (batch.finishedAt === null) {
    const { percent, answered, failed, perMinute } = batch.progress
    const rate = perMinute === null ? '' : `, ${perMinute} a minute`
    shown.show(
      `${percent} % of ${batch.meters} meters: ${answered} answered, ${failed} failed${rate}`,
    )
    const path = `/reads/${batch.id}`
    const looked =
      io.signal.aborted && !isCancelled
        ? await client.post(`${path}/cancel`, {}, Batch)
        : await client.get(`${path}?wait=${WAIT_SECONDS}`, Batch)
    isCancelled = io.signal.aborted
    if (!looked.ok) return looked
    batch = looked.value
  }
  shown.clear()
  return { ok: true, value: batch }
}

async function print(
  client: HeadEndClient,
  id: string,
  { json }: BatchFlags,
  io: CliIo,
): Promise<Result<void, CliFailure>> {
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(cursor === null ? {} : { cursor }),
    })
    const page: Result<Static<typeof Items>, CliFailure> = await client.get(
      `/reads/${id}/items?${query}`,
      Items,
    )
    if (!page.ok) return page
    const { items, next } = page.value
    if (json) for (const item of items) printJson(io, item)
    else {
      const rows = items.map(({ meter, item, state, value, unit, at, reason }) => [
        String(meter),
        item,
        state,
        value ?? '',
        unit ?? '',
        at ?? reason?.message ?? '',
      ])
      io.stdout.write(await renderTable(columns, rows))
    }
    cursor = next
  } while (cursor !== null)
  return { ok: true, value: undefined }
}

const columns = ['meter', 'item', 'state', 'value', 'unit', 'at'].map((title) => ({ title }))
