import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import type { ApprovalNeeded, ArchiveProblem, NotApplied } from '#src/registry'
import { BUSINESS, INSTALLATION } from '../access.ts'
import {
  ArchiveChangeView,
  ArchiveFindingView,
  ArchiveImportView,
  changeView,
  findingView,
  importView,
  LoggedChangeView,
  loggedView,
  pointAtView,
  UsagePointAtView,
} from '../archive-schemas.ts'
import { AtTime, atOf } from '../grid-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Archive'
const IMPORT_LIMIT_BYTES = 1_024 * 1_024
/** All accounts of a city. */
const FILE_LIMIT_BYTES = 128 * 1_024 * 1_024
const FILE_TIMEOUT_MS = 10 * 60_000
const ISSUES_MAX = 200
const PAGE = 100

const Code = closed({ code: Type.String({ minLength: 1, maxLength: 64 }) })
const FileName = Type.Optional(Type.String({ maxLength: 200, description: 'What it is called.' }))

/** Files that change the archive (档案), what they would do, and what became of a usage point. */
export function archiveRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { archiveDesk: desk, pointHistory, civil, clock } = services
  const encoded = (body: string) => new TextEncoder().encode(body)

  return [
    define({
      method: 'POST',
      url: '/api/v1/archive/imports',
      access: INSTALLATION,
      tag,
      summary: 'Import an archive (档案) from CSV, all or nothing, or propose to',
      description:
        'The format of `hes import archive`; at most 1 MB. Where the policy of the archive wants a second person for so many rows it can only be proposed. With `mode=propose` nothing is changed: the answer is what the file would do, to be applied or withdrawn.',
      query: closed({
        mode: Type.Optional(oneOf(['apply', 'propose'] as const)),
        name: FileName,
      }),
      body: Type.String({ minLength: 1 }),
      bodyType: 'text/csv',
      bodyLimitBytes: IMPORT_LIMIT_BYTES,
      answers: ArchiveImportView,
      errors: ['invalid-archive', 'second-person'],
      audit: 'archive.import',
      async handle({ query, body, actor, note }) {
        const file = { kind: 'archive' as const, name: query.name ?? '', bytes: encoded(body) }
        const noted: Noting = (tx, detail) => note(tx, { target: 'archive', detail })
        if (query.mode === 'propose') {
          return ok({ body: importView(civil, await desk.propose(file, actor.name, noted)) })
        }
        const done = await desk.importNow(file, actor.name, noted)
        if (done.ok) return ok({ body: importView(civil, done.value) })
        return 'kind' in done.error ? fail(approvalOf(done.error)) : invalid(done.error)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/archive/files',
      access: INSTALLATION,
      tag,
      summary:
        'Propose what a file says: an archive, or a batch of the marketing system (营销系统)',
      description:
        'CSV or XLSX as it is. A batch is keyed by account number (户号): customers, accounts, contracts and who uses a point follow it once it is applied, the rest is kept for comparison; without `complete=false` it has every account, and those it does not name are listed.',
      query: closed({
        kind: oneOf(['archive', 'marketing'] as const),
        complete: Type.Optional(Type.Boolean()),
        name: FileName,
      }),
      bodyType: 'application/octet-stream',
      bodyLimitBytes: FILE_LIMIT_BYTES,
      handlerTimeoutMs: FILE_TIMEOUT_MS,
      body: Type.Unsafe<Uint8Array>(Type.Unknown({ description: 'The file as it is.' })),
      answers: ArchiveImportView,
      audit: 'archive.propose',
      async handle({ query, body, actor, note }) {
        const { kind, complete = true, name = '' } = query
        const noted: Noting = (tx, detail) => note(tx, { target: 'archive', detail })
        const file = { kind, name, bytes: body, complete }
        return ok({ body: importView(civil, await desk.propose(file, actor.name, noted)) })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/imports',
      access: BUSINESS,
      tag,
      summary: 'Files that changed the archive, or would; newest first',
      query: closed(paging),
      answers: pageOf(ArchiveImportView),
      errors: ['bad-cursor'],
      async handle({ query: { limit = PAGE, cursor } }) {
        const page = await desk.imports({ limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((one) => importView(civil, one))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/imports/:id',
      access: BUSINESS,
      tag,
      summary: 'One file',
      params: IdParams,
      answers: ArchiveImportView,
      errors: ['import-not-found'],
      async handle({ params }) {
        const one = await desk.import(params.id)
        return one ? ok({ body: importView(civil, one) }) : fail({ code: 'import-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/imports/:id/changes',
      access: BUSINESS,
      tag,
      summary: 'What a file adds, changes and closes, with old and new values',
      params: IdParams,
      query: closed(paging),
      answers: pageOf(ArchiveChangeView),
      errors: ['import-not-found', 'bad-cursor'],
      async handle({ params, query: { limit = PAGE, cursor } }) {
        if (!(await desk.import(params.id))) return fail({ code: 'import-not-found' })
        const page = await desk.changes(params.id, { limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((change) => changeView(civil, change))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/imports/:id/findings',
      access: BUSINESS,
      tag,
      summary: 'Conflicts, accounts that the archive does not have, and those that only it has',
      params: IdParams,
      query: closed(paging),
      answers: pageOf(ArchiveFindingView),
      errors: ['import-not-found', 'bad-cursor'],
      async handle({ params, query: { limit = PAGE, cursor } }) {
        if (!(await desk.import(params.id))) return fail({ code: 'import-not-found' })
        const page = await desk.findings(params.id, { limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        return ok({ body: { items: page.value.items.map(findingView), next: page.value.next } })
      },
    }),
    ...(['apply', 'withdraw'] as const).map((verb) =>
      define({
        method: 'POST',
        url: `/api/v1/archive/imports/:id/${verb}`,
        access: INSTALLATION,
        tag,
        summary: verb === 'apply' ? 'Do what was proposed, whole or not at all' : 'Drop a proposal',
        params: IdParams,
        handlerTimeoutMs: FILE_TIMEOUT_MS,
        answers: ArchiveImportView,
        errors: ['import-not-found', 'not-now', 'archive-moved', 'second-person'],
        audit: `archive.${verb}`,
        async handle({ params, actor, note }) {
          const done = await desk[verb](params.id, actor.name, (tx, detail) =>
            note(tx, { target: `import/${params.id}`, detail }),
          )
          return done.ok ? ok({ body: importView(civil, done.value) }) : fail(refusal(done.error))
        },
      }),
    ),
    define({
      method: 'GET',
      url: '/api/v1/usage-points/:code',
      access: BUSINESS,
      tag,
      summary: 'A usage point (用电点) as of a time: meter, registers, place, account, contract',
      params: Code,
      query: closed({ at: AtTime }),
      answers: UsagePointAtView,
      errors: ['usage-point-not-found', 'invalid-range'],
      async handle({ params, query }) {
        const at = atOf(civil, query.at, clock.now())
        if (!at.ok) return at
        const point = await pointHistory.at(params.code, at.value)
        if (!point) return fail({ code: 'usage-point-not-found' })
        return ok({ body: pointAtView(civil, point, at.value) })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/usage-points/:code/changes',
      access: BUSINESS,
      tag,
      summary: 'What became of a usage point, newest first: by which file or order, and whose',
      params: Code,
      query: closed(paging),
      answers: pageOf(LoggedChangeView),
      errors: ['bad-cursor'],
      async handle({ params, query: { limit = PAGE, cursor } }) {
        const page = await pointHistory.changes(params.code, { limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((change) => loggedView(civil, change))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
  ]
}

type Noting = NonNullable<Parameters<ApiServices['archiveDesk']['propose']>[2]>

function invalid(problems: readonly ArchiveProblem[]) {
  const errors = problems.slice(0, ISSUES_MAX).map(({ line, column, message }) => ({
    ...{ in: 'file' as const, name: column ?? '', line, message },
  }))
  const detail = `${problems.length} wrong cells or rows; the first ${errors.length} are listed.`
  return fail({ code: 'invalid-archive' as const, detail, errors })
}

function approvalOf({ rows, aboveRows }: ApprovalNeeded): Problem {
  return {
    code: 'second-person',
    detail: `The file changes ${rows} rows; of more than ${aboveRows} another person decides. Propose it (mode=propose) and let somebody else apply it.`,
  }
}

function refusal(refused: NotApplied): Problem {
  switch (refused.kind) {
    case 'not-found':
      return { code: 'import-not-found' }
    case 'not-proposed':
      return { code: 'not-now', detail: `It is ${refused.state} already.` }
    case 'second-person':
      return {
        code: 'second-person',
        detail: `${refused.proposedBy} proposed it; somebody else must apply it.`,
      }
    case 'moved':
      return { code: 'archive-moved', detail: `Propose it anew: ${refused.things.join('; ')}` }
  }
}
