import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedFolder, temporaryFolder } from '#tests/support'
import { tokenOf } from './api.ts'
import { type Ended, type Running, startHes } from './process.ts'
import { freePorts, PASSWORD } from './world.ts'

const archive = `concentrator,meter_address,protocol,usage_point,account,customer,customer_class,contract,tariff,capacity_kva,feeder,transformer,role
37010001,330120000001,dlt645-2007,P-1,10001,Li,residential,K1,home,10,F1,T1,receive
37010001,330120000002,dlt645-2007,P-2,10002,Wang,industrial,K2,steel,800,F1,T1,receive
37010001,330120000003,dlt645-2007,P-3,10003,Zhao,residential,K3,home,10,F1,T2,receive
`

interface Row {
  readonly call: readonly string[]
  readonly exit: number
  /** What the JSON holds, or what is said on stderr. */
  readonly says: unknown
}

/** In their order: later ones see what earlier ones made. */
const rows: readonly Row[] = [
  {
    call: ['grid', 'tree'],
    exit: 0,
    says: { items: expect.arrayContaining([expect.objectContaining({ code: 'T1' })]) },
  },
  { call: ['grid', 'trace', 'area:T1', '--down'], exit: 0, says: expect.anything() },
  { call: ['grid', 'trace', 'area:T9', '--down'], exit: 3, says: /T9|no such|not found/i },
  { call: ['grid', 'trace', 'nonsense'], exit: 2, says: /from/ },
  { call: ['grid', 'headroom', 'area:T1', '--kva', '10'], exit: 0, says: expect.anything() },
  { call: ['grid', 'headroom', 'area:T9'], exit: 3, says: /./ },
  { call: ['loss', 'list'], exit: 0, says: { items: expect.any(Array) } },
  { call: ['loss', 'list', '--date', 'yesterday'], exit: 2, says: /date/i },
  { call: ['forecast', 'show', 'feeder', 'F9'], exit: 3, says: /./ },
  { call: ['forecast', 'scores'], exit: 0, says: { items: expect.any(Array) } },
  { call: ['stats', 'energy', '--by', 'feeder'], exit: 0, says: { items: expect.any(Array) } },
  { call: ['stats', 'energy', '--by', 'colour'], exit: 2, says: /by/ },
  {
    call: ['stats', 'limits'],
    exit: 0,
    says: { items: expect.arrayContaining([expect.objectContaining({ low: '0.90' })]) },
  },
  {
    call: [
      'stats',
      'limit',
      'single-phase',
      '--from',
      '2026-01-01',
      '--low',
      '0.92',
      '--high',
      '1.05',
    ],
    exit: 0,
    says: { supplyClass: 'single-phase', low: '0.92' },
  },
  {
    call: [
      'stats',
      'limit',
      'single-phase',
      '--from',
      '2026-01-01',
      '--low',
      '1.1',
      '--high',
      '1.05',
    ],
    exit: 2,
    says: /low < high/,
  },
  {
    call: [
      'stats',
      'limit',
      'nine-phase',
      '--from',
      '2026-01-01',
      '--low',
      '0.9',
      '--high',
      '1.05',
    ],
    exit: 2,
    says: /./,
  },
  { call: ['anomaly', 'list'], exit: 0, says: { items: [], next: null } },
  { call: ['anomaly', 'show', '1'], exit: 3, says: /./ },
  { call: ['anomaly', 'dismiss', '1', '--reason', 'no'], exit: 3, says: /./ },
  {
    call: ['anomaly', 'rules'],
    exit: 0,
    says: { items: expect.arrayContaining([expect.objectContaining({ code: 'ct-saturated' })]) },
  },
  { call: ['anomaly', 'suspects'], exit: 0, says: { items: [], next: null } },
  { call: ['anomaly', 'pack', '1'], exit: 3, says: /./ },
  { call: ['anomaly', 'pack', '1', '--output', 'a.pdf'], exit: 2, says: /csv or .xlsx/ },
  {
    call: ['anomaly', 'price', '0.61', '--tariff', 'home', '--from', '2026-01-01'],
    exit: 0,
    says: { tariff: 'home', price: '0.61' },
  },
  { call: ['anomaly', 'price', 'much', '--from', '2026-01-01'], exit: 2, says: /price/ },
  {
    call: ['anomaly', 'prices'],
    exit: 0,
    says: { items: expect.arrayContaining([expect.objectContaining({ tariff: 'home' })]) },
  },
  {
    call: ['query', 'catalogue'],
    exit: 0,
    says: { items: expect.arrayContaining([expect.objectContaining({ source: 'energy' })]) },
  },
  {
    call: [
      'query',
      'ask',
      'energy',
      '--measure',
      'energy',
      '--by',
      'feeder',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-20',
    ],
    exit: 0,
    says: { columns: expect.any(Array), isCut: false },
  },
  {
    call: [
      'query',
      'ask',
      'weather',
      '--measure',
      'rain',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-20',
    ],
    exit: 2,
    says: /source/,
  },
  {
    call: [
      'query',
      'ask',
      'energy',
      '--measure',
      'energy',
      '--where',
      'feeder',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-20',
    ],
    exit: 2,
    says: /NAME=VALUE/,
  },
  {
    call: [
      'query',
      'save',
      'mine',
      'energy',
      '--measure',
      'energy',
      '--by',
      'feeder',
      '--where',
      'feeder=F1',
      '--shared',
    ],
    exit: 0,
    says: { name: 'mine', shared: true },
  },
  {
    call: ['query', 'save', 'mine', 'energy', '--measure', 'energy'],
    exit: 2,
    says: /mine|taken|name/,
  },
  {
    call: ['query', 'run', 'mine', '--from', '2026-11-01', '--to', '2026-11-20'],
    exit: 0,
    says: { rows: expect.any(Array) },
  },
  { call: ['query', 'run', 'theirs'], exit: 3, says: /theirs/ },
  { call: ['query', 'ls'], exit: 0, says: { items: [expect.objectContaining({ name: 'mine' })] } },
  { call: ['query', 'rm', 'mine'], exit: 0, says: {} },
  { call: ['query', 'rm', 'mine'], exit: 3, says: /mine/ },
  {
    call: ['watch-list', 'create', 'steel', 'P-2,10001'],
    exit: 0,
    says: { name: 'steel', points: expect.arrayContaining(['P-1', 'P-2']) },
  },
  { call: ['watch-list', 'create', 'none', 'P-99'], exit: 2, says: /P-99/ },
  {
    call: ['watch-list', 'show', 'steel', '--compared', '2026-11-01'],
    exit: 0,
    says: {
      compared: '2026-11-01',
      items: [expect.objectContaining({ today: [] }), expect.objectContaining({ compared: [] })],
    },
  },
  { call: ['watch-list', 'show', 'iron'], exit: 3, says: /iron/ },
  { call: ['watch-list', 'set', 'steel', 'P-2'], exit: 0, says: { points: ['P-2'] } },
  { call: ['watch-list', 'rm', 'steel'], exit: 0, says: {} },
]

describe('analysis at the command line of a running head-end', { shuffle: false }, () => {
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let files: ReturnType<typeof temporaryFolder>
  let serving: Running
  let env: Readonly<Record<string, string>>
  const hes = (call: readonly string[], more = {}): Promise<Ended> =>
    startHes(call, { ...env, ...more }).ended

  beforeAll(async () => {
    folder = await migratedFolder()
    files = temporaryFolder()
    const file = path.join(files.path, 'archive.csv')
    writeFileSync(file, archive)
    serving = startHes(['serve'], { ...freePorts, HES_DATA_DIR: folder.path })
    const [, url = ''] = await serving.told(/running at (\S+)/)
    // Signed in once: who signs in by the second is made to wait.
    env = { HES_SERVER: url, HES_TOKEN: await tokenOf(url, PASSWORD) }
    const proposed = await hes(['archive', 'propose', file, '--json'])
    expect(proposed.stderr + proposed.exit).toBe('0')
    const { id } = JSON.parse(proposed.stdout)
    const applied = await hes(['archive', 'apply', String(id)])
    expect(applied.exit === 0 ? '' : applied.stderr + proposed.stdout).toBe('')
  })
  afterAll(async () => {
    serving?.kill('SIGTERM')
    await serving?.ended
    folder?.remove()
    files?.remove()
  })

  it.each(rows)('hes $call ends as it should', async ({ call, exit, says }) => {
    const ended = await hes([...call, '--json'])
    expect([ended.stderr, ended.exit]).toEqual([expect.anything(), exit])
    if (says instanceof RegExp) {
      expect(ended.stderr).toMatch(says)
      expect(ended.stdout).toBe('')
    } else {
      expect(JSON.parse(ended.stdout)).toEqual(
        typeof says === 'object' && says !== null && !('asymmetricMatch' in says)
          ? expect.objectContaining(says)
          : says,
      )
    }
  })

  it('prints tables for people, and CSV for spreadsheets', async () => {
    expect((await hes(['anomaly', 'rules'])).stdout).toMatch(/rule +version +shape/)
    const asked = ['query', 'ask', 'energy', '--measure', 'energy', '--by', 'feeder']
    const csv = await hes([...asked, '--from', '2026-11-01', '--to', '2026-11-20', '--csv'])
    expect(csv.stdout).toMatch(/feeder/)
    const file = path.join(files.path, 'loss.csv')
    expect((await hes(['export', 'line-loss', '--output', file])).exit).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('not computable because')
  })

  it('says who may not ask, and where nobody answers', async () => {
    const wrong = { HES_TOKEN: '', HES_USERNAME: 'admin', HES_PASSWORD: 'wrong-password-1' }
    expect((await hes(['anomaly', 'list'], wrong)).exit).toBe(6)
    const away = await hes(['watch-list', 'ls'], {
      HES_SERVER: 'http://127.0.0.1:9',
      HES_TOKEN: 'x',
    })
    expect(away.exit).toBe(5)
  })
})
