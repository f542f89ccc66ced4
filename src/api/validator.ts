import { FormatRegistry, type TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import type { FastifySchemaCompiler } from 'fastify'
import { parseBusinessDate, parseInstant } from '#src/core'
import type { ProblemIssue } from './problems.ts'

const ISSUES_MAX = 20

FormatRegistry.Set('date-time', (text) => parseInstant(text) !== undefined)
FormatRegistry.Set('date', (text) => parseBusinessDate(text) !== undefined)

// Tells a page to hide what is typed; any text will do.
FormatRegistry.Set('password', () => true)

/** What a schema has against a request; the error handler turns it into a problem. */
export class InvalidRequest extends Error {
  readonly issues: readonly ProblemIssue[]

  constructor(issues: readonly ProblemIssue[]) {
    super('the request does not fit its schema')
    this.issues = issues
  }
}

const PARTS: Readonly<Record<string, ProblemIssue['in']>> = {
  params: 'path',
  querystring: 'query',
  body: 'body',
  headers: 'headers',
}

/** Checks by the same schema that documents; only what is text by nature is converted. */
export const typeboxValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = TypeCompiler.Compile(schema)
  const part = PARTS[httpPart ?? ''] ?? 'body'
  const textual = part === 'path' || part === 'query'
  return (data: unknown) => {
    const value: unknown = textual ? Value.Convert(schema, Value.Clone(data)) : data
    if (check.Check(value)) return { value }
    const issues: ProblemIssue[] = []
    for (const error of check.Errors(value)) {
      const name = error.path.slice(1).replaceAll('/', '.')
      // TypeBox reports a missing property twice; the first report says it best.
      if (!issues.some((issue) => issue.name === name)) {
        issues.push({ in: part, name, message: error.message })
      }
      if (issues.length === ISSUES_MAX) break
    }
    return { error: new InvalidRequest(issues) }
  }
}
