import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify'
import { assert, type Result } from '#src/core'
import {
  type Actor,
  type AuditEntry,
  mayAct,
  type Note,
  type Noted,
  type Role,
} from '#src/identity'
import { sendProblem } from './faults.ts'
import { type Problem, type ProblemCode, problemKind } from './problems.ts'
import type { ApiServices } from './services.ts'

/** Who may call: everybody, whoever is signed in, or some roles. */
export type Access = 'public' | 'signed-in' | readonly Role[]

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without it fails the construction of the app. */
    access?: Access
  }
}

const Empty = Type.Object({}, { additionalProperties: false })
type Empty = typeof Empty

export interface Call<P extends TSchema, Q extends TSchema, B extends TSchema, A> {
  readonly params: Static<P>
  readonly query: Static<Q>
  readonly body: Static<B>
  /** Null only on a public route. */
  readonly actor: A
  /** For the service that writes: puts the audit record into the transaction of the effect. */
  readonly note: Note
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface Answer<R extends TSchema> {
  readonly body: Static<R>
  readonly headers?: Readonly<Record<string, string>>
  /** For the audit record of what leaves no trace in the database: what it was about. */
  readonly target?: string
}

interface Definition<
  P extends TSchema,
  Q extends TSchema,
  B extends TSchema,
  R extends TSchema,
  X extends Access,
> {
  readonly method: HTTPMethods
  readonly url: string
  readonly access: X
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** For a body that is not JSON. */
  readonly bodyType?: string
  readonly status?: 200 | 201 | 202 | 204
  readonly answers: R
  readonly errors?: readonly ProblemCode[]
  /** A write's stable name in the audit trail; every write has one. */
  readonly audit?: string
  readonly bodyLimitBytes?: number
  readonly handlerTimeoutMs?: number
  readonly rateLimit?: { readonly max: number; readonly timeWindow: number }
  handle(
    call: Call<P, Q, B, X extends 'public' ? Actor | null : Actor>,
  ): Promise<Result<Answer<R>, Problem>>
}

/** Builds the routes of one app: each is schema, access, one service call and a mapping. */
export type DefineRoute = <
  R extends TSchema,
  X extends Access,
  P extends TSchema = Empty,
  Q extends TSchema = Empty,
  B extends TSchema = Empty,
>(
  definition: Definition<P, Q, B, R, X>,
) => RouteOptions

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

export function routesOf(services: Pick<ApiServices, 'identity' | 'audit'>): DefineRoute {
  const actors = new WeakMap<FastifyRequest, Actor>()

  function entryOf(
    request: FastifyRequest,
    action: string,
    outcome: string,
    done: Partial<Noted> = {},
  ): AuditEntry {
    return {
      actor: done.actor ?? actors.get(request) ?? 'anonymous',
      action,
      target: done.target ?? '',
      outcome,
      detail: done.detail ?? {},
      remote: request.ip,
      requestId: request.id,
    }
  }

  const record = (...entry: Parameters<typeof entryOf>) => services.audit.record(entryOf(...entry))

  return (definition) => {
    const { access, audit, method } = definition
    assert(audit !== undefined || READS.has(String(method)), `${definition.url} is audited`)

    async function admit(request: FastifyRequest, reply: FastifyReply) {
      if (access === 'public') return refuseOtherBodies(request, reply)
      const token = bearerOf(request)
      const actor = token === undefined ? undefined : await services.identity.authenticate(token)
      if (!actor) return sendProblem(request, reply, { code: 'unauthenticated' })
      actors.set(request, actor)
      if (access === 'signed-in' || mayAct(actor, access)) {
        return refuseOtherBodies(request, reply)
      }
      if (audit !== undefined) await record(request, audit, 'forbidden')
      return sendProblem(request, reply, { code: 'forbidden' })
    }

    /** The schema describes one kind of body; another kind would pass it by. */
    function refuseOtherBodies(request: FastifyRequest, reply: FastifyReply) {
      if (definition.body === undefined) return
      const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
      if (type === (definition.bodyType ?? 'application/json')) return
      return sendProblem(request, reply, { code: 'unsupported-media-type' })
    }

    async function handle(request: FastifyRequest, reply: FastifyReply) {
      let isNoted = false
      const note: Note = async (tx, done) => {
        assert(audit !== undefined, `${definition.url} is audited`)
        await services.audit.recordIn(tx, entryOf(request, audit, 'done', done))
        isNoted = true
      }
      // The schemas of this definition have checked params, query and body; admit() has put the
      // actor there wherever the access is not public.
      const call = {
        params: request.params,
        query: request.query,
        body: request.body,
        actor: actors.get(request) ?? null,
        note,
        request,
        reply,
      } as Parameters<typeof definition.handle>[0]
      const outcome = await definition.handle(call).catch(async (error: unknown) => {
        if (audit !== undefined) await record(request, audit, 'internal')
        throw error
      })
      if (audit !== undefined) {
        if (outcome.ok && !isNoted) await record(request, audit, 'done', outcome.value)
        if (!outcome.ok) await record(request, audit, outcome.error.code, outcome.error.audit)
      }
      if (reply.sent) return reply
      if (!outcome.ok) return sendProblem(request, reply, outcome.error)
      const status = definition.status ?? 200
      reply.code(status).headers({ ...outcome.value.headers })
      return reply.send(status === 204 ? undefined : outcome.value.body)
    }

    return {
      method,
      url: definition.url,
      config: {
        access,
        ...(definition.rateLimit === undefined ? {} : { rateLimit: definition.rateLimit }),
      },
      schema: documentation(definition),
      onRequest: admit,
      handler: handle,
      ...(definition.bodyLimitBytes === undefined ? {} : { bodyLimit: definition.bodyLimitBytes }),
      ...(definition.handlerTimeoutMs === undefined
        ? {}
        : { handlerTimeout: definition.handlerTimeoutMs }),
    }
  }
}

/** The token of `Authorization: Bearer …`. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}

/** What any route may answer besides what it declares. */
const COMMON: readonly ProblemCode[] = ['bad-request', 'request-timeout', 'internal', 'busy']

function documentation<P extends TSchema, Q extends TSchema, B extends TSchema, R extends TSchema>(
  definition: Definition<P, Q, B, R, Access>,
) {
  const { access, body, bodyType } = definition
  const codes = new Set<ProblemCode>([...(definition.errors ?? []), ...COMMON])
  codes.add('invalid-parameters').add('headers-too-large')
  if (access !== 'public') codes.add('unauthenticated').add('forbidden')
  if (definition.rateLimit) codes.add('too-many-requests')
  if (body) codes.add('too-large').add('unsupported-media-type')
  if (body && bodyType === undefined) codes.add('invalid-json')
  const status = definition.status ?? 200
  const roles = access === 'public' || access === 'signed-in' ? access : access.join(', ')
  return {
    tags: [definition.tag],
    summary: definition.summary,
    description: [definition.description, `Access: ${roles}.`].filter(Boolean).join('\n\n'),
    security: access === 'public' ? [] : [{ bearer: [] }],
    params: definition.params ?? Empty,
    querystring: definition.query ?? Empty,
    ...(body === undefined
      ? {}
      : { body: bodyType === undefined ? body : { content: { [bodyType]: { schema: body } } } }),
    response: { [status]: definition.answers, ...problemResponses([...codes]) },
  }
}

function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => problemKind(code).status)
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${problemKind(code).en}`).join('\n\n'),
        content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
      },
    ]),
  )
}
