import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDlms } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf } from './vectors.ts'

/** Messages of real meters, which lie beside a checkout where somebody has put them. */
const beside = join(import.meta.dirname, '../../../../..')
const [file] = globSync('*/data/meter_captures/captures.jsonl', { cwd: beside })
const lines = file === undefined ? [] : readFileSync(join(beside, file), 'utf8').split('\n')

interface Capture {
  readonly name: string
  readonly hex: string
}

const captures: readonly Capture[] = lines
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))
  .filter((capture: Partial<Capture>) => typeof capture.hex === 'string')

describe.skipIf(captures.length === 0)('messages pushed by real meters', () => {
  const dlms = createDlms(gcm)

  it.each(captures)('$name gives its readings', ({ hex }) => {
    const { valid, error, direction, readings } = dlms.describe(bytesOf(hex))
    expect([valid, error, direction]).toEqual([true, null, 'report'])
    expect(readings.length).toBeGreaterThanOrEqual(7)
    const voltage = readings.find(({ item }) => item === '32.7.0')
    expect(voltage?.unit).toBe('V')
    for (const { item, value, unit } of readings) {
      expect(value.kind).not.toBe('missing')
      if (item !== null && value.kind === 'number') expect(unit).not.toBe('')
    }
  })
})
