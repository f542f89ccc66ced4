import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#simulators/line'
import { Segments } from '#src/outbox'
import { ManualClock, MemoryDisk } from '#tests/support'

const text = (payload: Uint8Array) => Buffer.from(payload).toString()

async function opened(disk: MemoryDisk, bytesMax = 2 ** 30) {
  const clock = new ManualClock()
  const failures: unknown[] = []
  const damages: unknown[] = []
  const durable = new Map<number, string>()
  const segments = await Segments.open({
    files: disk,
    clock,
    bytesMax,
    told: { unsynced: (error) => failures.push(error), damaged: (one) => damages.push(one) },
    reached: () => {},
  })
  const append = (words: string, isUrgent = true) =>
    segments.append(Buffer.from(words), isUrgent, ({ number, payload }) => {
      durable.set(number, text(payload))
    })
  return { clock, segments, append, durable, failures, damages }
}

/** Everything that is pending, as it is read from the files. */
async function pendingOf(segments: Segments): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (const { from, to } of segments.pending.stretches) {
    for (let number = from; number < to; number++) {
      const [record] = await segments.read(number)
      if (record?.number === number) found.set(number, text(record.payload))
    }
  }
  return found
}

describe('segments', () => {
  it('share one sync among what comes together, and tell nobody before it', async () => {
    const disk = new MemoryDisk()
    const { clock, append, durable } = await opened(disk)
    for (let index = 0; index < 50; index++) append(`delivery ${index}`)
    expect(durable.size).toBe(0)
    await clock.advance(10)
    expect(durable.size).toBe(50)
    expect(disk.syncs).toBe(1)
  })

  it('sync seldom where nobody waits', async () => {
    const disk = new MemoryDisk()
    const { clock, append, durable } = await opened(disk)
    for (let index = 0; index < 100; index++) {
      append(`poll ${index}`, false)
      await clock.advance(10)
    }
    await clock.advance(1_000)
    expect(durable.size).toBe(100)
    expect(disk.syncs).toBeLessThanOrEqual(6)
  })

  it('lose no acknowledged record to power losses, and give no number twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (lives, seed) => {
          const random = seededRandom(seed)
          const chance = () => random.between(0, 999_999) / 1_000_000
          const acknowledged = new Map<number, string>()
          let disk = new MemoryDisk()
          let count = 0
          for (const appends of lives) {
            const { clock, segments, append, durable } = await opened(disk)
            const before = await pendingOf(segments)
            for (const [number, words] of acknowledged) expect(before.get(number)).toBe(words)
            for (let index = 0; index < appends; index++) {
              append(`record ${count++}`)
              if (chance() < 0.4) await clock.advance(5)
            }
            for (const [number, words] of durable) {
              expect(before.has(number)).toBe(false)
              acknowledged.set(number, words)
            }
            disk = disk.afterPowerLoss(chance)
          }
          const { segments } = await opened(disk)
          const left = await pendingOf(segments)
          for (const [number, words] of acknowledged) expect(left.get(number)).toBe(words)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('write again elsewhere what a failed sync left, and acknowledge only that', async () => {
    const disk = new MemoryDisk()
    const { clock, segments, append, durable, failures } = await opened(disk)
    append('before')
    await clock.advance(10)
    disk.faults.syncs = 2
    append('during')
    await clock.advance(10)
    expect([durable.size, failures.length]).toEqual([1, 1])
    expect(segments.trouble).toContain('EIO')
    await clock.advance(5_000)
    expect([...durable.values()]).toEqual(['before', 'during'])
    expect(segments.trouble).toBeNull()
    const after = await opened(disk.afterPowerLoss(() => 0))
    expect(await pendingOf(after.segments)).toEqual(durable)
  })

  it('stop acknowledging on a full disk, and go on by themselves when there is room', async () => {
    const disk = new MemoryDisk()
    const { clock, segments, append, durable } = await opened(disk)
    append('fits')
    await clock.advance(10)
    disk.capacity = disk.bytes + 10
    append('does not fit')
    await clock.advance(60_000)
    expect([...durable.values()]).toEqual(['fits'])
    expect(segments.trouble).toMatch(/ENOSPC|EIO/)
    disk.capacity = Number.POSITIVE_INFINITY
    await clock.advance(60_000)
    expect([...durable.values()]).toEqual(['fits', 'does not fit'])
    expect(await pendingOf((await opened(disk.afterKill())).segments)).toEqual(durable)
  })

  it('hold no more than they may, until what they hold is released', async () => {
    const disk = new MemoryDisk()
    const { clock, segments, append, durable } = await opened(disk, 10_000)
    for (let index = 0; index < 40; index++) {
      append('x'.repeat(500))
      await clock.advance(5)
    }
    expect(disk.bytes).toBeLessThanOrEqual(10_000)
    expect(durable.size).toBeLessThan(40)
    expect(segments.trouble).toContain('full')
    segments.release([{ from: 0, to: 1_000 }])
    await clock.advance(5_000)
    expect(durable.size).toBeGreaterThan(20)
    segments.release([{ from: 0, to: 1_000 }])
    await clock.advance(5_000)
    expect(durable.size).toBe(40)
    expect(segments.trouble).toBeNull()
  })

  it('keep aside what changed on the disk, tell of it, and give the rest', async () => {
    const disk = new MemoryDisk()
    const first = await opened(disk)
    for (const words of ['one', 'two', 'three']) first.append(words)
    await first.clock.advance(10)
    const [name = ''] = disk.names
    const bytes = Buffer.from(await disk.read(name))
    const left = disk.afterKill()
    left.spoil(name, bytes.indexOf('two'), 0x10)
    const { segments, damages } = await opened(left)
    expect([...(await pendingOf(segments)).values()]).toEqual(['one', 'three'])
    expect(damages).toMatchObject([{ segment: name, isKept: true }])
    const [kept] = left.aside.values()
    expect(Buffer.from(kept ?? []).includes('wo')).toBe(true)
  })

  it('begin behind a torn end: its number may have been given', async () => {
    const disk = new MemoryDisk()
    const first = await opened(disk)
    first.append('whole')
    await first.clock.advance(10)
    disk.faults.appends = 1
    first.append('torn apart by the end')
    await first.clock.advance(4)
    const second = await opened(disk.afterKill())
    second.append('next')
    await second.clock.advance(10)
    const [number = 0] = second.durable.keys()
    expect(number).toBeGreaterThan(2)
    expect([...(await pendingOf(second.segments)).values()]).toEqual(['whole', 'next'])
  })

  it('remove a file once nothing in it is needed, but the newest', async () => {
    const disk = new MemoryDisk()
    const { clock, segments, append } = await opened(disk, 80_000)
    for (let index = 0; index < 60; index++) {
      append('y'.repeat(1_000))
      await clock.advance(5)
    }
    expect(disk.names.length).toBeGreaterThan(3)
    segments.release([{ from: 0, to: 1_000 }])
    await clock.advance(10)
    expect(disk.names).toHaveLength(1)
    const again = await opened(disk.afterKill())
    again.append('next')
    await again.clock.advance(10)
    expect([...again.durable.keys()]).toEqual([61])
  })
})
