import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { fail, ok, type Result } from '#src/core'
import { type CliFailure, exitCodes } from './exit.ts'
import { HeadEndClient, type RemoteTask } from './head-end-client.ts'

const Concentrators = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

/** A concentrator's channel, reached through a running head-end. */
export interface RemoteChannel {
  readonly client: HeadEndClient
  /** Where its API is: `/concentrators/7`. */
  readonly path: string
}

/** Signs in and finds the concentrator. */
export async function remoteChannel(
  { settings, fetch, signal }: RemoteTask,
  address: string,
): Promise<Result<RemoteChannel, CliFailure>> {
  const client = new HeadEndClient(settings, fetch, signal)
  const signed = await client.signIn(settings)
  if (!signed.ok) return signed
  const query = new URLSearchParams({ address })
  const found = await client.get(`/concentrators?${query}`, Concentrators)
  if (!found.ok) return found
  const [concentrator] = found.value.items
  if (concentrator !== undefined) {
    return ok({ client, path: `/concentrators/${concentrator.id}` })
  }
  return fail({
    exit: exitCodes.notFound,
    code: 'server.concentrator-not-found',
    message: `the head-end knows no concentrator ${address}`,
    next: 'check the address; hes import archive adds concentrators',
  })
}

/** What an event holds, if it is what its name promises. */
export function dataOf<Schema extends TSchema>(
  schema: Schema,
  data: unknown,
): Static<Schema> | null {
  return Value.Check(schema, data) ? data : null
}
