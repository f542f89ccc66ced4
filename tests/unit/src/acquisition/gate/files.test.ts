import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createGatekeeper,
  fileLedger,
  gateKey,
  loadGateKey,
  lockFile,
  permitOffice,
  sealPermit,
  stopFile,
} from '#src/acquisition/gate'
import { civilTime, minutes } from '#src/core'
import { ManualClock, temporaryFolder, toyProtocol } from '#tests/support'

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const trip = toyProtocol.encode({ address: 7, item: 98, part: 0 })

function bench(clock = new ManualClock()) {
  const key = gateKey(new Uint8Array(32))
  const path = join(folder.path, 'data', 'bench-journal.jsonl')
  const ledger = fileLedger(path)
  const keeper = createGatekeeper({
    clock,
    key,
    ledger,
    protocols: [],
    civil: civilTime('Asia/Shanghai'),
    stopFile: stopFile(folder.path),
    log: { warn: () => {}, error: () => {} },
  })
  const office = permitOffice(key, clock, () => ledger.epoch())
  const permit = () =>
    office.issue({
      device: { protocol: toyProtocol.name, address: '7' },
      effect: 'trip',
      action: 'trip',
      purpose: 'test',
      reference: null,
      requestedBy: 'bench/li',
      approvers: ['bench/li'],
      life: minutes(5),
    })
  const admit = async (given: Awaited<ReturnType<typeof permit>> | null, via = 'serial:a') => {
    const admitted = await keeper.admit(toyProtocol, trip, given, via)
    return admitted.ok ? 'passed' : admitted.error.code
  }
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line): unknown => JSON.parse(line))
  return { clock, path, ledger, keeper, permit, admit, lines }
}

describe('the journal file of a bench', () => {
  it('remembers every permit over a restart', async () => {
    const first = bench()
    const permit = await first.permit()
    expect(await first.admit(permit)).toBe('passed')
    expect(await bench(first.clock).admit(permit)).toBe('gate.used')
    expect(first.lines()).toMatchObject([
      { event: 'passed', effect: 'trip', permit: { id: permit.id, requestedBy: 'bench/li' } },
      { event: 'refused', outcome: ['gate.used'] },
    ])
  })

  it('keeps no seal and no frame with a password', async () => {
    const { permit, admit, path } = bench()
    const given = await permit()
    await admit(given)
    expect(readFileSync(path, 'utf8')).not.toContain(given.seal)
    expect(statSync(path).mode & 0o077).toBe(0)
  })

  it('counts the cuts of earlier runs', async () => {
    const { clock, permit, admit } = bench()
    for (let n = 0; n < 5; n++) expect(await admit(await permit())).toBe('passed')
    const next = bench(clock)
    expect(await next.admit(await next.permit())).toBe('gate.budget')
    expect(await next.admit(await next.permit(), 'serial:b')).toBe('passed')
    await clock.advance(60_000)
    expect(await next.admit(await next.permit())).toBe('passed')
  })

  it('goes on behind a line that a crash cut off', async () => {
    const { permit, admit, path, lines } = bench()
    const given = await permit()
    await admit(given)
    appendFileSync(path, '{"event":"passed","at":1,"perm')
    expect(await admit(await permit())).toBe('passed')
    expect(await admit(given)).toBe('gate.used')
    expect(lines()).toHaveLength(3)
  })

  it('lets nothing pass where it cannot be read or written', async () => {
    const { permit, admit, path } = bench()
    await admit(await permit())
    appendFileSync(path, '{"some":"thing else"}\n')
    expect(await admit(await permit())).toBe('gate.ledger')
    const other = bench()
    const lock = lockFile(`${other.path}.lock`)
    expect(await other.admit(await other.permit())).toBe('gate.ledger')
    if (lock.ok) lock.value.release()
  })

  it('honours the file TRIP_STOP', async () => {
    const { permit, admit } = bench()
    writeFileSync(join(folder.path, 'TRIP_STOP'), '')
    expect(await admit(await permit())).toBe('gate.stopped')
  })
})

describe('the file TRIP_STOP', () => {
  it('is pressed by whatever stands there, and released only where the product wrote it', () => {
    const file = stopFile(folder.path)
    expect(file.pressed()).toBe(false)
    expect(file.press()).toBe(true)
    expect(file.pressed()).toBe(true)
    expect(file.release()).toBe(true)
    expect(file.pressed()).toBe(false)
    writeFileSync(file.path, 'line works until noon, Li\n')
    expect(file.press()).toBe(true)
    expect(file.release()).toBe(false)
    expect(readFileSync(file.path, 'utf8')).toContain('Li')
  })

  it('counts as pressed where nobody can look', () => {
    writeFileSync(join(folder.path, 'a-file'), '')
    expect(stopFile(join(folder.path, 'a-file')).pressed()).toBe(true)
    expect(stopFile(join(folder.path, 'a-file')).press()).toBe(false)
  })
})

describe('the key', () => {
  it('is made once, for the owner alone, and is the same ever after', () => {
    const text = 'a permit'
    const seal = loadGateKey(folder.path).seal(text)
    expect(loadGateKey(folder.path).isSealOf(seal, text)).toBe(true)
    expect(loadGateKey(folder.path).isSealOf(seal, `${text} `)).toBe(false)
    expect(statSync(join(folder.path, 'secrets', 'gate.key')).mode & 0o077).toBe(0)
  })

  it('is not silently made anew where it is damaged', () => {
    loadGateKey(folder.path)
    writeFileSync(join(folder.path, 'secrets', 'gate.key'), 'short')
    expect(() => loadGateKey(folder.path)).toThrow('holds no key')
  })

  it('is told by nothing that is printed', async () => {
    const key = loadGateKey(folder.path)
    const secret = readFileSync(join(folder.path, 'secrets', 'gate.key'), 'utf8')
    const clock = new ManualClock()
    const permit = await permitOffice(key, clock, async () => 0).issue({
      device: { protocol: 'modbus', address: '1' },
      effect: 'write',
      action: null,
      purpose: 'test',
      reference: null,
      requestedBy: 'user/1',
      approvers: [],
      life: minutes(1),
    })
    expect(JSON.stringify([key, permit, sealPermit(permit, key)])).not.toContain(secret)
  })
})

describe('a lock file', () => {
  it('keeps a second holder out until it is released', () => {
    const path = join(folder.path, 'one.lock')
    const first = lockFile(path)
    expect(first.ok).toBe(true)
    expect(lockFile(path)).toEqual({ ok: false, error: process.pid })
    if (first.ok) first.value.release()
    expect(existsSync(path)).toBe(false)
    expect(lockFile(path).ok).toBe(true)
  })

  it('is taken over from a process that is gone', () => {
    const path = join(folder.path, 'one.lock')
    const { pid } = spawnSync('true')
    writeFileSync(path, JSON.stringify({ pid, bornAt: 'another boot/1' }))
    expect(lockFile(path).ok).toBe(true)
  })
})
