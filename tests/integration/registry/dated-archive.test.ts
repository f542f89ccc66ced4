import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, instant } from '#src/core'
import {
  type ArchiveRow,
  createRegistry,
  parseArchive,
  type Registry,
  replaceMeter,
} from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
let registry: Registry
beforeAll(async () => {
  database = await migratedDatabase()
  registry = createRegistry(database.db, new ManualClock())
})
afterAll(() => database.close())

const civil = civilTime('Asia/Shanghai')

/** Rows of a file with these columns besides the way to the meter; each row is one meter. */
function rows(columns: string, ...lines: readonly string[]): readonly ArchiveRow[] {
  const header = `concentrator,protocol,meter_address,${columns}`
  const text = [header, ...lines.map((line) => `C1,dlt645-2007,${line}`)].join('\n')
  const parsed = parseArchive(new TextEncoder().encode(text), civil)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}

async function entered(columns: string, ...lines: readonly string[]) {
  const imported = await registry.importArchive(rows(columns, ...lines))
  if (!imported.ok) throw new Error(JSON.stringify(imported.error))
  return imported.value
}

/** Dated rows of a usage point, each as `what from..to`, in days of the utility. */
async function history(point: string, of: 'place' | 'account' | 'contract'): Promise<string[]> {
  const tables = {
    place: `select n.kind || ' ' || n.code || ' ' || d.role || coalesce(' ' || d.phase, '') as word,
      d.valid_from, d.valid_to from usage_point_place d join grid_node n on n.id = d.node_id
      join usage_point p on p.id = d.usage_point_id`,
    account: `select a.no as word, d.valid_from, d.valid_to from account_usage_point d
      join account a on a.id = d.account_id join usage_point p on p.id = d.usage_point_id`,
    contract: `select concat_ws(' ', d.no, d.tariff, trim_scale(d.capacity_kva)) as word,
      d.valid_from, d.valid_to from contract d join usage_point p on p.account_id = d.account_id`,
  }
  const day = (column: string) =>
    `coalesce(to_char(${column} at time zone 'Asia/Shanghai', 'YYYY-MM-DD'), '')`
  const found = await database.db.query<{ text: string }>(
    `select h.word || ' ' || ${day('h.valid_from')} || '..' || ${day('h.valid_to')} as text
     from (${tables[of]} where p.code = $1::text) h order by h.valid_from, h.word`,
    [point],
  )
  return found.map(({ text }) => text)
}

async function parents(kind: string, code: string): Promise<string[]> {
  const found = await database.db.query<{ text: string }>(
    `select p.kind || ' ' || p.code || ' '
       || coalesce(to_char(l.valid_to at time zone 'Asia/Shanghai', 'YYYY-MM-DD'), 'now') as text
     from grid_link l join grid_node n on n.id = l.node_id join grid_node p on p.id = l.parent_id
     where n.kind = $1::text and n.code = $2::text order by l.valid_from`,
    [kind, code],
  )
  return found.map(({ text }) => text)
}

describe('an archive with dates', () => {
  test('keeps where a usage point counted and whose it was, and the same rows change nothing', async () => {
    const columns = 'usage_point,account,transformer,feeder,phase,valid_from'
    await entered(columns, '1,P1,A1,T1,F1,A,2025-01-01')
    const moved = ['1,P1,A2,T2,F1,B,2025-06-01'] as const
    expect(await entered(columns, ...moved)).toMatchObject({ changed: 1 })
    expect(await history('P1', 'place')).toEqual([
      'area T1 receive A 2025-01-01..2025-06-01',
      'area T2 receive B 2025-06-01..',
    ])
    expect(await history('P1', 'account')).toEqual(['A1 2025-01-01..2025-06-01', 'A2 2025-06-01..'])
    const [now] = await database.db.query(
      `select t.code as area, a.no as account from usage_point p
       join transformer t on t.id = p.transformer_id join account a on a.id = p.account_id
       where p.code = 'P1'`,
    )
    expect(now).toEqual({ area: 'T2', account: 'A2' })
    expect(await entered(columns, ...moved)).toMatchObject({ changed: 0, unchanged: 1 })
  })

  test('refuses another account for a time that has one, and puts a wrong area right', async () => {
    const columns = 'usage_point,account,transformer,valid_from'
    await entered(columns, '2,P2,B1,T3,2025-01-01')
    const early = await registry.importArchive(rows(columns, '2,P2,B2,T3,2025-01-01'))
    expect(early).toMatchObject({ ok: false, error: [{ line: 2, column: 'account' }] })
    await entered(columns, '2,P2,B1,T4,2025-01-01')
    expect(await history('P2', 'place')).toEqual(['area T4 receive 2025-01-01..'])
    await entered(columns, '2,P2,B1,T5,2025-03-01')
    const back = await registry.importArchive(rows(columns, '2,P2,B1,T6,2025-02-01'))
    expect(back).toMatchObject({ ok: false, error: [{ column: 'valid_from' }] })
  })

  test('hangs every level of the grid on the one above and follows a transfer', async () => {
    const columns = 'usage_point,region,substation,bus,feeder,transformer,voltage_level,valid_from'
    await entered(columns, '3,P3,R1,S1,M1,F7,T7,10kV,2025-01-01')
    await entered('usage_point,feeder,transformer,valid_from', '3,P3,F8,T7,2025-07-01')
    expect(await parents('area', 'T7')).toEqual(['feeder F7 2025-07-01', 'feeder F8 now'])
    expect(await parents('feeder', 'F7')).toEqual(['bus M1 now'])
    expect(await parents('bus', 'M1')).toEqual(['substation S1 now'])
    expect(await parents('substation', 'S1')).toEqual(['region R1 now'])
    // A row that skips a level says nothing of the level that is known.
    await entered('usage_point,region,transformer', '3,P3,R1,T7')
    expect(await parents('area', 'T7')).toEqual(['feeder F7 2025-07-01', 'feeder F8 now'])
    const [feeder] = await database.db.query(
      `select f.code, n.nominal_voltage from transformer t join feeder f on f.id = t.feeder_id,
         grid_node n where t.code = 'T7' and n.kind = 'feeder' and n.code = 'F7'`,
    )
    expect(feeder).toEqual({ code: 'F8', nominal_voltage: 10_000 })
  })

  test('counts the meter of a feeder head for the feeder and for the bus', async () => {
    await entered('usage_point,bus,feeder,role', '4,P4,M2,F9,supply')
    expect(await history('P4', 'place')).toEqual([
      'bus M2 receive 2000-01-01..',
      'feeder F9 supply 2000-01-01..',
    ])
    expect(await entered('usage_point,bus,feeder,role', '4,P4,M2,F9,供电')).toMatchObject({
      unchanged: 1,
    })
  })

  test('takes plates, contracts, opening registers and transformers', async () => {
    const columns =
      'usage_point,account,transformer,wiring,basic_current,max_current,register_digits,opening,' +
      'contract,tariff,capacity_kva,rated_kva,no_load_loss_w,load_loss_w,' +
      'no_load_current_percent,short_circuit_percent,valid_from'
    const line = (tariff: string, from: string) =>
      `5,P5,E1,T8,三相四线,1.50,6,6,1.8.0=12.30;2.8.0=0,K1,${tariff},315,400,570,4520,1.2,4,${from}`
    await entered(columns, line('T-1', '2025-01-01'))
    expect(await entered(columns, line('T-1', '2025-01-01'))).toMatchObject({ unchanged: 1 })
    await entered(columns, line('T-2', '2025-05-01'))
    expect(await history('P5', 'contract')).toEqual([
      'K1 T-1 315 2025-01-01..2025-05-01',
      'K1 T-2 315 2025-05-01..',
    ])
    const [stored] = await database.db.query(
      `select m.wiring, m.basic_current, m.register_digits, t.rated_kva, r.opening_digits,
         r.opening_scale
       from meter m join installation i on i.meter_id = m.id
       join installation_register r on r.installation_id = i.id and r.register = '1.8.0',
         power_transformer t where m.address = '000000000005' and t.code = 'T8'`,
    )
    expect(stored).toEqual({
      wiring: '3p4w',
      basic_current: '1.5',
      register_digits: 6,
      rated_kva: '400',
      opening_digits: 1230n,
      opening_scale: 2,
    })
  })
})

describe('the map and the measured side', () => {
  test('are taken for substations and areas, once, and put right by another word', async () => {
    const columns =
      'usage_point,substation,substation_longitude,substation_latitude,transformer,' +
      'area_longitude,area_latitude,rated_kva,no_load_loss_w,load_loss_w,no_load_current_percent,' +
      'short_circuit_percent,metered_side'
    const line = (longitude: string, side: string) =>
      `8,P8,S8,121.5,31.25,T88,${longitude},31.2,400,570,4520,1.2,4,${side}`
    const stored = async () =>
      await database.db.query(
        `select n.kind, n.longitude, n.latitude, t.metered_side as side
         from grid_node n left join power_transformer t on t.node_id = n.id
         where n.code in ('S8', 'T88') order by n.kind`,
      )
    await entered(columns, line('121.4', ''))
    expect(await stored()).toEqual([
      { kind: 'area', longitude: 121.4, latitude: 31.2, side: 'low' },
      { kind: 'substation', longitude: 121.5, latitude: 31.25, side: null },
    ])
    expect(await entered(columns, line('121.4', ''))).toMatchObject({ unchanged: 1 })
    expect(await entered(columns, line('121.41', '高压侧'))).toMatchObject({ changed: 1 })
    expect(await stored()).toMatchObject([{ longitude: 121.41, side: 'high' }, {}])
  })

  test('are refused where two lines of a file say two places', async () => {
    const columns = 'usage_point,transformer,area_longitude,area_latitude'
    const text = [
      `concentrator,protocol,meter_address,${columns}`,
      'C1,dlt645-2007,81,P81,T89,121.4,31.2',
      'C1,dlt645-2007,82,P82,T89,121.4,31.3',
    ].join('\n')
    expect(parseArchive(new TextEncoder().encode(text), civil)).toMatchObject({
      ...{ ok: false, error: [{ line: 3, column: 'area_longitude' }] },
    })
  })
})

describe('a meter that is replaced', () => {
  test('leaves its last registers with its installation, and the new one its first', async () => {
    await entered('usage_point,transformer,ct', '6,P6,T9,40')
    const [old] = await registry.meterByAddress('dlt645-2007', '000000000006')
    if (!old) throw new Error('the meter was entered')
    const at = instant(Date.UTC(2026, 5, 1))
    const meter = { address: '000000000007', profile: null, model: null }
    const registers = {
      closing: [{ register: '1.8.0', value: '4711.25' }],
      opening: [{ register: '1.8.0', value: '0.00' }],
    }
    const changed = await database.db.transaction((tx) =>
      replaceMeter(
        tx,
        old.id,
        { ...meter, protocol: 'dlt645-2007' },
        at,
        { ct: null, pt: null },
        {
          registers,
          by: 'fitter',
        },
      ),
    )
    expect(changed).toMatchObject({ ok: true, value: { ct: { numerator: 40n } } })
    const stored = await database.db.query(
      `select m.address, r.opening_digits as opening, r.closing_digits as closing
       from installation_register r join installation i on i.id = r.installation_id
       join meter m on m.id = i.meter_id join usage_point p on p.id = i.usage_point_id
       where p.code = 'P6' order by m.address`,
    )
    expect(stored).toEqual([
      { address: '000000000006', opening: null, closing: 471125n },
      { address: '000000000007', opening: 0n, closing: null },
    ])
    const told = await database.db.query(
      `select key, action, after, changed_by from archive_change
       where usage_point = 'P6' and changed_by = 'fitter' order by id`,
    )
    expect(told).toMatchObject([
      { key: '000000000006', action: 'closed', after: { 'closing 1.8.0': '4711.25' } },
      { key: '000000000007', action: 'changed', after: { 'opening 1.8.0': '0.00' } },
    ])
  })
})
