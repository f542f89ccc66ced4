import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { BUSINESS, INSTALLATION, OVERSIGHT } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, ImportOutcome, Node, Setting } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'System'
const IMPORT_LIMIT_BYTES = 1_024 * 1_024
const ISSUES_MAX = 200

export function systemRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/settings',
      access: OVERSIGHT,
      tag,
      summary: 'Effective settings, secrets masked',
      answers: closed({ items: Type.Array(Setting), next: Type.Null() }),
      async handle() {
        const items = services.settings().map((setting) => ({ ...setting }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/nodes',
      access: BUSINESS,
      tag,
      summary: 'Processes of the head-end and what they own',
      answers: closed({ items: Type.Array(Node), next: Type.Null() }),
      async handle() {
        const items = (await services.nodes()).map((node) => ({
          ...node,
          roles: [...node.roles],
          startedAt: civil.iso(node.startedAt),
        }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/archive/imports',
      access: INSTALLATION,
      tag,
      summary: 'Import an archive (档案) from CSV, all or nothing',
      description: 'The format of `hes import archive`; at most 1 MB.',
      body: Type.String({ minLength: 1 }),
      bodyType: 'text/csv',
      bodyLimitBytes: IMPORT_LIMIT_BYTES,
      answers: ImportOutcome,
      errors: ['invalid-archive'],
      audit: 'archive.import',
      async handle({ body, note }) {
        const file = new TextEncoder().encode(body)
        const outcome = await services.importArchive(file, (tx, { ...detail }) =>
          note(tx, { target: 'archive', detail }),
        )
        if (outcome.ok) return ok({ body: { ...outcome.value } })
        const problems = outcome.error
        const errors = problems.slice(0, ISSUES_MAX).map(({ line, column, message }) => ({
          in: 'file' as const,
          name: column ?? '',
          line,
          message,
        }))
        const detail = `${problems.length} wrong cells or rows; the first ${errors.length} are listed.`
        return fail({ code: 'invalid-archive', detail, errors })
      },
    }),
  ]
}
