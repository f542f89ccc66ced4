import { type BusinessDate, civilTime, instant, type MeterId, parseBusinessDate } from '#src/core'
import type { Database } from '#src/db'
import { createRegistry, parseArchive } from '#src/registry'
import { ManualClock } from '#tests/support'

export const civil = civilTime('Asia/Shanghai')
export const date = theDay('2026-11-22')
export const midnight = civil.startOf(date)
export const noon = instant(midnight + 12 * 3_600_000)

/** The first is the last of its feeder. */
const feeder = (at: number) => (at === 0 ? 'F-1' : 'F-2')

/** Four lines of four meters each: well but for some, never there, under another name, mute. */
export const lines = ['330200000001', '330200000012', '330200000034', '330200000099']
const archive = [
  'concentrator,meter_address,protocol,usage_point,transformer,feeder',
  ...lines.flatMap((line, at) =>
    [1, 2, 3, 4].map((nth) =>
      [line, `33030000${at}00${nth}`, 'dlt645-2007', `P-${at}-${nth}`, `T-${at}`, feeder(at)].join(
        ',',
      ),
    ),
  ),
].join('\n')

function theDay(text: string): BusinessDate {
  const day = parseBusinessDate(text)
  if (day === undefined) throw new Error('that is a date')
  return day
}

/** Enters them with the day's slots and who called, and notes the meters by their addresses. */
export async function enterFourLines(db: Database, ids: Map<string, MeterId>): Promise<void> {
  const parsed = parseArchive(new TextEncoder().encode(archive), civil)
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  await createRegistry(db, new ManualClock()).importArchive(parsed.value)
  for (const { id, address } of await db.query<{ id: MeterId; address: string }>(
    'select id, address from meter',
  )) {
    ids.set(address, id)
  }
  await db.query(
    `insert into collection_slot (meter_id, plan_id, slot_start, due, state, reason, answered_at)
     select m.id, 2, to_timestamp($1::float8 / 1000), to_timestamp($1::float8 / 1000) + interval '1 day',
       case when m.address in ('330300000001', '330300000002') then 2
         when c.address in ($2::text, $4::text) then 4 else 1 end,
       case when m.address in ('330300000003', '330300000004') or c.address = $4::text
         then 'timeout' end,
       case when m.address in ('330300000001', '330300000002')
         then to_timestamp($3::float8 / 1000) end
     from meter m join concentrator c on c.channel_id = m.channel_id`,
    [midnight + 1_800_000, lines[0], noon, lines[3]],
  )
  await db.query(
    `insert into online_interval (concentrator_id, valid_from)
     select id, to_timestamp($1::float8 / 1000) from concentrator where address = any ($2::text[])`,
    [midnight, [lines[0], lines[3]]],
  )
  await db.query(
    `insert into quarantine (identity, reason, rule, remote_address, first_seen_at, last_seen_at,
       calls)
     select '330200000043', 'unknown', 'r', '10.0.0.9', at, at, 7
     from to_timestamp($1::float8 / 1000) as at`,
    [noon - 60_000],
  )
}
