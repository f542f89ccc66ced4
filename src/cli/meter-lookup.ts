import { Type } from '@sinclair/typebox'
import { fail, ok, type Result } from '#src/core'
import { type CliFailure, exitCodes } from './exit.ts'
import type { HeadEndClient } from './head-end-client.ts'

const Meters = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

/** A meter as people name it: its address, or `#` and its number in the archive. */
export async function meterIdOf(
  client: HeadEndClient,
  name: string,
): Promise<Result<number, CliFailure>> {
  const number = /^#(\d{1,9})$/.exec(name)?.[1]
  if (number !== undefined) return ok(Number(number))
  const query = new URLSearchParams({ address: name, limit: '2' })
  const found = await client.get(`/meters?${query}`, Meters)
  if (!found.ok) return found
  const [meter, other] = found.value.items
  if (meter !== undefined && other === undefined) return ok(meter.id)
  return fail(
    meter === undefined
      ? {
          exit: exitCodes.notFound,
          code: 'server.meter-not-found',
          message: `the head-end knows no meter ${name}`,
          next: 'check the address; hes import archive adds meters',
        }
      : {
          exit: exitCodes.usage,
          code: 'server.ambiguous-device',
          message: `several meters have the address ${name}`,
          next: 'name one by its number, with a # before it',
        },
  )
}
