import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { benchGate } from '#src/acquisition/field'
import { civilTime } from '#src/core'
import { ManualClock, temporaryFolder } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
/** As another process of the machine would have them. */
const shelfIn = (path: string) => benchGate(path, new ManualClock(), civil).counters

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const runsOf = (name: string) => readdirSync(join(folder.path, 'counters', name))

describe('invocation counters of a bench', () => {
  it('follow each other above the one that was used last', () => {
    const shelf = shelfIn(folder.path)
    expect([shelf.next('a', 0), shelf.next('a', 0), shelf.next('a', 0)]).toEqual([1, 2, 3])
    expect(shelf.next('a', 1_000)).toBe(1_001)
    expect(shelf.next('a', 7)).toBe(1_002)
    expect(shelf.next('b', 0)).toBe(1)
  })

  it('are on the disk before they are given', () => {
    const shelf = shelfIn(folder.path)
    shelf.ready('a', 0)
    expect(runsOf('a')).toEqual(['0'])
    const given = Array.from({ length: 300 }, () => shelf.next('a', 0))
    expect(new Set(given).size).toBe(300)
    expect(runsOf('a')).toEqual(['1'])
  })

  it('do not come again after a crash', () => {
    const last = shelfIn(folder.path).next('a', 849_000_000)
    expect(shelfIn(folder.path).next('a', 0)).toBeGreaterThan(last)
    expect(shelfIn(folder.path).next('a', last)).toBeGreaterThan(last)
  })

  it('are given to one process only, whichever comes when', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            who: fc.integer({ min: 0, max: 2 }),
            many: fc.integer({ min: 1, max: 400 }),
            floor: fc.integer({ min: 0, max: 2_000 }),
            dies: fc.boolean(),
          }),
          { maxLength: 20 },
        ),
        (steps) => {
          rmSync(join(folder.path, 'counters'), { recursive: true, force: true })
          const shelves = [0, 1, 2].map(() => shelfIn(folder.path))
          const given = new Set<number>()
          for (const { who, many, floor, dies } of steps) {
            const shelf = shelves[who] ?? shelfIn(folder.path)
            shelf.ready('a', floor)
            for (let nth = 0; nth < many; nth++) {
              const counter = shelf.next('a', floor)
              expect(given.has(counter)).toBe(false)
              expect(counter).toBeGreaterThan(floor)
              given.add(counter)
            }
            if (dies) shelves[who] = shelfIn(folder.path)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('end with the key: the last are not given again', () => {
    const shelf = shelfIn(folder.path)
    expect(shelf.next('a', 2 ** 32 - 2)).toBe(2 ** 32 - 1)
    expect(() => shelf.next('a', 0)).toThrow('no invocation counters are left')
    expect(() => shelfIn(folder.path).next('a', 0)).toThrow('no invocation counters are left')
  })

  it('do not mind what else lies in their folder', () => {
    mkdirSync(join(folder.path, 'counters', 'a'), { recursive: true })
    writeFileSync(join(folder.path, 'counters', 'a', 'README'), 'x')
    expect(shelfIn(folder.path).next('a', 0)).toBe(1)
  })

  it('are not given where they cannot be kept', () => {
    writeFileSync(join(folder.path, 'counters'), 'a file where a folder should be')
    expect(() => shelfIn(folder.path).next('a', 0)).toThrow()
  })
})
