import { describe, expect, test } from 'vitest'
import { hes } from './fake-io.ts'

describe('hes grid', () => {
  test('has an example of each verb', async () => {
    const { stdout, exit } = await hes(['grid', '--help'])
    expect(exit).toBe(0)
    const verbs = [
      'tree',
      'trace',
      'affected',
      'geojson',
      'headroom',
      'loading',
      'score',
      'differences',
    ]
    for (const verb of [...verbs, 'search', 'adopt']) expect(stdout).toContain(`hes grid ${verb}`)
  })
})
