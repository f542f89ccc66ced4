import { createHash, randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ReadRequestId } from '#src/collection'
import type { Actor } from '#src/identity'

/** The same Idempotency-Key of the same person is the same request; without one each is new. */
export function requestId(http: FastifyRequest, actor: Actor): ReadRequestId {
  const key = http.headers['idempotency-key']
  if (typeof key !== 'string' || key === '') return randomUUID() as ReadRequestId
  const hash = createHash('sha256').update(JSON.stringify([actor.kind, actor.id, key]))
  const hex = hash.digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`]
  return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-') as ReadRequestId
}
