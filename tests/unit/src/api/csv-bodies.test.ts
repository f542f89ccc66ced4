import { afterAll, expect, test } from 'vitest'
import { fail } from '#src/core'
import { idleWork } from '#tests/support'
import { buildWorld } from './world.ts'

const read: string[] = []
const world = await buildWorld({
  validation: {
    ...idleWork.validation,
    async readHandheld(_format, text) {
      read.push(text)
      return fail({ kind: 'bad-file', message: 'seen' })
    },
  },
})
afterAll(() => world.app.close())

test('a CSV body is read in UTF-8, with its mark or without, in UTF-16 and in GBK', async () => {
  const heading = '表号,示数'
  const bodies = [
    Buffer.from(heading),
    Buffer.from(`\uFEFF${heading}`),
    Buffer.from(`\uFEFF${heading}`, 'utf16le'),
    // As a handheld writes it: 表号,示数 in GBK.
    Buffer.from('b1edbac52ccabecafd', 'hex'),
  ]
  for (const payload of bodies) {
    const answer = await world.app.inject({
      method: 'POST',
      url: '/api/v1/validation/handheld-files?format=standard',
      headers: { ...world.as('operator'), 'content-type': 'text/csv' },
      payload,
    })
    expect(answer.json()).toMatchObject({ status: 400, detail: 'seen' })
  }
  expect(read.map((text) => text.replace('\uFEFF', ''))).toEqual(bodies.map(() => heading))
})
