import { fail, type Instant, ok, type Result } from '#src/core'
import { type Database, timestamptz } from '#src/db'
import type { UserRow } from './queries.ts'
import { toUser } from './rules.ts'
import type { Contact, Note, User } from './types.ts'

/** How a person is reached; the trail has the end of the number only. */
export function setContact(
  db: Database,
  id: number,
  { telephone, locale }: Contact,
  now: Instant,
  note: Note,
): Promise<Result<User, 'not-found'>> {
  return db.transaction(async (tx) => {
    const rows = await tx.query<UserRow>(
      `update app_user set locale = $3::text, telephone = $2::text,
         telephone_since = case when $2::text is null then null
           when telephone = $2::text then telephone_since else $4::timestamptz end
       where id = $1::integer
       returning id, username, roles, disabled, created_at, telephone, locale`,
      [id, telephone, locale, timestamptz(now)],
    )
    const [user] = rows.map(toUser)
    if (!user) return fail('not-found')
    const ending = telephone === null ? null : `…${telephone.slice(-4)}`
    await note(tx, { target: `user/${id}`, detail: { telephone: ending, locale } })
    return ok(user)
  })
}
