import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Problem, type ProblemCode, problemDocument, problemKind } from './problems.ts'
import { InvalidRequest } from './validator.ts'

/** Answers with the problem document, in the caller's language. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  const { status } = problemKind(problem.code)
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="hes"')
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds))
  }
  const document = problemDocument(problem, {
    instance: request.id,
    chinese: prefersChinese(request.headers['accept-language']),
  })
  return reply
    .code(status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(document)
}

/** Whatever was thrown becomes a problem of the table; only a bug or an outage is logged. */
export function problemOf(error: FastifyError): Problem {
  if (error instanceof InvalidRequest) {
    return { code: 'invalid-parameters', errors: error.issues }
  }
  if (isUnwritable(error)) {
    return { code: 'invalid-parameters', detail: 'a text has a character that cannot be kept: NUL' }
  }
  if (canBeTriedAgain(error)) return { code: 'busy', retryAfterSeconds: 2 }
  const known = byFastifyCode[error.code]
  if (known) return { code: known, detail: error.message }
  const status = error.statusCode ?? 500
  if (status === 400 && error instanceof SyntaxError) return { code: 'invalid-json' }
  return { code: byStatus[status] ?? (status < 500 ? 'bad-request' : 'internal') }
}

const byFastifyCode: Readonly<Partial<Record<string, ProblemCode>>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_HANDLER_TIMEOUT: 'busy',
}

const byStatus: Readonly<Partial<Record<number, ProblemCode>>> = {
  404: 'not-found',
  408: 'request-timeout',
  413: 'too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  431: 'headers-too-large',
  503: 'busy',
}

/** Failures of the layers below say whether trying again can help. */
function canBeTriedAgain(error: object): boolean {
  return 'retry' in error && (error.retry === 'now' || error.retry === 'later')
}

const UNWRITABLE: ReadonlySet<unknown> = new Set(['22021', '22P05'])

/** PostgreSQL keeps any text but one with U+0000 in it; only who called can have written that. */
function isUnwritable(error: object): boolean {
  return 'sqlState' in error && UNWRITABLE.has(error.sqlState)
}

/** The first language of the header that we speak decides. */
function prefersChinese(header: string | undefined): boolean {
  const spoken = (header ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .find((part) => part.startsWith('zh') || part.startsWith('en'))
  return spoken?.startsWith('zh') ?? false
}
