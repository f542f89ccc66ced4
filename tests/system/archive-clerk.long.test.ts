import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedFolder, temporaryFolder } from '#tests/support'
import { tokenOf } from './api.ts'
import { type Ended, type Running, startHes } from './process.ts'
import { freePorts, PASSWORD } from './world.ts'

const columns =
  'concentrator,meter_address,protocol,usage_point,account,customer,feeder,transformer,valid_from'

describe('the archive at the command line of a running head-end', { shuffle: false }, () => {
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let files: ReturnType<typeof temporaryFolder>
  let serving: Running
  let env: Readonly<Record<string, string>>
  const hes = (...call: readonly string[]): Promise<Ended> => startHes(call, env).ended
  const told = async (...call: readonly string[]) => {
    const ended = await hes(...call, '--json')
    expect(ended.stderr + ended.exit).toBe('0')
    return JSON.parse(ended.stdout)
  }
  const fileOf = (name: string, ...lines: readonly string[]): string => {
    const file = path.join(files.path, name)
    writeFileSync(file, lines.join('\n'))
    return file
  }

  beforeAll(async () => {
    folder = await migratedFolder()
    files = temporaryFolder()
    serving = startHes(['serve'], { ...freePorts, HES_DATA_DIR: folder.path })
    const [, url = ''] = await serving.told(/running at (\S+)/)
    env = { HES_SERVER: url, HES_TOKEN: await tokenOf(url, PASSWORD) }
  })
  afterAll(async () => {
    serving?.kill('SIGTERM')
    await serving?.ended
    folder?.remove()
    files?.remove()
  })

  it('keeps a file that a spreadsheet spoiled as refused, with line and column', async () => {
    const spoiled = fileOf(
      'spoiled.csv',
      columns,
      '370101,1,dlt645-2007,P-1,3.3E+09,Li,F1,T1,2025/1/1',
      '370101,2,dlt645-2007,P-2,#N/A,Wang,F1,T1,2025/1/1',
    )
    const { id, state } = await told('archive', 'propose', spoiled)
    expect(state).toBe('refused')
    const { items } = await told('archive', 'findings', String(id))
    expect(items).toMatchObject([
      { line: 2, field: 'account', value: '3.3E+09' },
      { line: 3, field: 'account', value: '#N/A' },
    ])
  })

  it('applies a file once, whoever asks how often', async () => {
    const right = fileOf(
      'right.csv',
      columns,
      '370101,1,dlt645-2007,P-1,6001,Li,F1,T1,2025/1/1',
      '370101,2,dlt645-2007,P-2,6002,Wang,F1,T1,2025/1/1',
    )
    const { id } = await told('archive', 'propose', right)
    const both = await Promise.all([
      hes('archive', 'apply', String(id)),
      hes('archive', 'apply', String(id)),
    ])
    expect(both.map(({ exit }) => exit).toSorted()).toEqual([0, 4])
    expect(await told('archive', 'propose', right)).toMatchObject({ created: 0, changed: 0 })
  })

  it('says who is hit where a part of the map is, as it then was', async () => {
    const placed = fileOf(
      'placed.csv',
      `${columns},longitude,latitude,area_longitude,area_latitude`,
      '370101,1,dlt645-2007,P-1,6001,Li,F1,T1,2025/1/1,121.51,31.21,121.50,31.20',
      '370101,2,dlt645-2007,P-2,6002,Wang,F1,T1,2025/1/1,121.71,31.41,,',
    )
    const { id } = await told('archive', 'propose', placed)
    await told('archive', 'apply', String(id))
    const hit = (...more: readonly string[]) => told('grid', 'affected', ...more)
    // Only a house; its transformer and whoever hangs on it; nobody yet.
    expect(await hit('--bbox', '121.505,31.205,121.6,31.3')).toMatchObject({
      ...{ nodes: [], usagePoints: 1, accounts: 1, items: [{ code: 'P-1', account: '6001' }] },
    })
    const around = '121.49,31.19,121.505,31.19,121.505,31.205,121.49,31.205'
    expect(await hit('--polygon', around)).toMatchObject({
      ...{ nodes: [{ code: 'T1' }], usagePoints: 2, accounts: 2 },
    })
    expect(await hit('--polygon', around, '--at', '2024-12-31')).toMatchObject({ usagePoints: 0 })
    expect((await hes('grid', 'affected', '--bbox', 'here')).exit).toBe(2)
  })

  it('says thing by thing what is missing, and what the marketing system has otherwise', async () => {
    const batch = fileOf('batch.csv', 'account,usage_point,meter_address', '6001,P-1,2', '6009,,')
    const { id } = await told('archive', 'propose', batch, '--kind', 'marketing')
    const { items: findings } = await told('archive', 'findings', String(id))
    expect(findings).toMatchObject([
      { kind: 'unknown', line: 3, value: '6009' },
      { kind: 'ours-only', value: '6002' },
    ])
    expect(await told('archive', 'look')).toMatchObject({ accounts: 2, differences: 3 })
    const { items } = await told('archive', 'differences', '--account', '6001')
    expect(items).toMatchObject([
      { usagePoint: 'P-1', field: 'meter', ours: '000000000001', theirs: '2' },
    ])
    const gaps = await hes('archive', 'gaps', 'meter-plate', '--area', 'T1')
    expect(gaps.stdout).toMatch(/000000000001 +T1/)
    expect((await hes('archive', 'gaps', 'nonsense')).exit).toBe(2)
  })

  it('shows and sets what another person must agree to, and keeps what is not said', async () => {
    const set = ['archive', 'policy', '--approval', 'second-person', '--above-rows', '1']
    await told(...set)
    expect(await told('archive', 'policy', '--proposals', 'second-person')).toMatchObject({
      ...{ approval: 'second-person', aboveRows: 1, proposals: 'second-person', setBy: 'admin' },
    })
    const two = fileOf(
      'two.csv',
      columns,
      '370101,1,dlt645-2007,P-1,6001,Li Si,F1,T1,',
      '370101,2,dlt645-2007,P-2,6002,Wang Wu,F1,T1,',
    )
    const { id } = await told('archive', 'propose', two)
    const applied = await hes('archive', 'apply', String(id))
    expect(applied.exit).toBe(4)
    expect(applied.stderr).toContain('somebody else')
    expect((await hes('archive', 'policy', '--approval', 'me')).exit).toBe(2)
  })
})
