import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { type Sheet, sheetFormats } from '#src/sheets'
import type { Finding } from '#src/validation'
import { BUSINESS } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { findingFilter, findingQuery, findingView } from '../validation-schemas.ts'
import { deskProblem } from './validation.ts'

/** A spreadsheet of more rows helps nobody. */
const ROWS_MAX = 50_000
const PAGE = 5_000

/** The queue of findings as a file. */
export function validationFileRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { validation, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/validation/findings/file',
      access: BUSINESS,
      tag: 'Validation',
      summary: 'The queue as a CSV or XLSX file, at most 50,000 rows',
      query: closed({ ...findingQuery, format: oneOf(sheetFormats) }),
      answers: Type.String(),
      errors: ['invalid-range'],
      async handle({ query, reply }) {
        const { format, ...asked } = query
        const filter = findingFilter(asked)
        if (!filter.ok) return filter
        const found: Finding[] = []
        let cursor: string | undefined
        do {
          const page = await validation.findings(filter.value, cursor, PAGE)
          if (!page.ok) return fail(deskProblem(page.error, ''))
          found.push(...page.value.items)
          cursor = page.value.next ?? undefined
        } while (cursor !== undefined && found.length < ROWS_MAX)
        const rows = found.slice(0, ROWS_MAX).map((one) => rowOf(findingView(one, civil)))
        await sendSheet(reply, sheetOf(`findings-${civil.dateOf(clock.now())}`, rows), format)
        return ok({ body: '' })
      },
    }),
  ]
}

const text = (title: string) => ({ title, kind: 'text' as const })
const number = (title: string) => ({ title, kind: 'number' as const })

const sheetOf = (name: string, rows: readonly (readonly string[])[]): Sheet => ({
  name,
  columns: [
    ...['finding', 'severity', 'rule', 'version', 'does', 'meter', 'usage point'].map(text),
    ...['register', 'day', 'at'].map(text),
    ...['energy', 'worth'].map(number),
    ...['state', 'whose', 'decided by', 'reason', 'evidence'].map(text),
  ],
  rows,
})

const rowOf = (one: ReturnType<typeof findingView>): readonly string[] => [
  ...[String(one.id), one.severity, one.code, String(one.version), one.act, one.meter.address],
  ...[one.usagePoint ?? '', one.register, one.date, one.at ?? '', one.energy, one.worth],
  ...[one.state, one.claimedBy ?? '', one.decidedBy ?? '', one.reason],
  JSON.stringify(one.evidence),
]
