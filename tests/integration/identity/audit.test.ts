import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Audit, type AuditEntry, createAudit } from '#src/identity'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const entry = (action: string): AuditEntry => ({
  actor: { kind: 'user', id: 1, name: 'admin', roles: ['admin'], session: 's' },
  action,
  target: 'user/2',
  outcome: 'done',
  detail: { before: { disabled: false } },
  remote: '10.0.0.1',
  requestId: 'r',
})

describe('the audit trail', () => {
  let database: TestDatabase
  let audit: Audit
  const clock = new ManualClock()

  beforeAll(async () => {
    database = await migratedDatabase()
    audit = createAudit(database.db, clock)
    for (let index = 0; index < 25; index += 1) {
      await audit.record(entry(`action.${index}`))
      await clock.advance(1_234)
    }
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => audit.record(entry(`at-once.${index}`))),
    )
  })
  afterAll(() => database.close())

  it('numbers and chains every record, also those written at once', async () => {
    expect(await audit.verify()).toEqual({ whole: true, records: 35 })
    const page = await audit.page(null, 100)
    expect(page.map((record) => record.seq)).toEqual(Array.from({ length: 35 }, (_, i) => 35 - i))
    expect(page.at(-1)).toMatchObject({
      action: 'action.0',
      actorName: 'admin',
      remote: '10.0.0.1',
    })
  })

  it('pages from newest to oldest', async () => {
    const first = await audit.page(null, 10)
    const second = await audit.page(first.at(-1)?.seq ?? null, 10)
    expect(second[0]?.seq).toBe(25)
    expect(second).toHaveLength(10)
  })

  it('cannot be changed, shortened or emptied', async () => {
    for (const statement of [
      `update audit_record set outcome = 'nothing' where seq = 3`,
      'delete from audit_record where seq = 35',
      'truncate audit_record',
    ]) {
      await expect(database.db.query(statement)).rejects.toThrow(/append-only/)
    }
  })

  it('shows where somebody changed it all the same', async () => {
    const { db } = database
    await db.query('alter table audit_record disable trigger audit_record_keep')
    await db.query(`update audit_record set actor_name = 'nobody' where seq = 7`)
    expect(await audit.verify()).toEqual({ whole: false, brokenAt: 7 })
    await db.query(`update audit_record set actor_name = 'admin' where seq = 7`)
    expect(await audit.verify()).toMatchObject({ whole: true })
    await db.query('update audit_record set seq = 99 where seq = 12')
    expect(await audit.verify()).toEqual({ whole: false, brokenAt: 12 })
    await db.query('update audit_record set seq = 12 where seq = 99')
    await db.query('alter table audit_record enable trigger audit_record_keep')
  })
})
