import { expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

/** A terminal's answer that brings a meter's, as published (tests/vectors/gdw376.json). */
const forwarded =
  '68AE00AE0068A8000234120410E0000001001F14006861100130121568910833333433AB39333349164F00000650232105AE16'
const inner = '6861100130121568910833333433AB3933334916'

test('a frame inside a frame is explained as what it is', async () => {
  const { exit, stdout } = await hes(['decode', forwarded])
  expect(exit).toBe(0)
  expect(stdout).toContain('  carries dlt645-2007, reply, address 151230011061, read\n')
  expect(stdout).toMatch(/14-17 {2}AB 39 33 33 .*Active energy import, total: 6\.78 kWh/)
})

test('and in JSON, with its readings as its own', async () => {
  const { stdout } = await hes(['decode', '--json', forwarded])
  expect(documents(stdout)).toMatchObject([
    {
      protocol: 'gdw376',
      readings: [],
      carried: [
        { protocol: 'dlt645-2007', raw: inner, readings: [{ register: '1.8.0', value: '6.78' }] },
      ],
    },
  ])
})

test('what is damaged inside is left as bytes, and a frame that carries nothing says nothing of it', async () => {
  const broken = forwarded.replace('AB3933334916', 'AB3933334816').replace('AE16', 'AD16')
  for (const frame of [broken, inner]) {
    const { exit, stdout } = await hes(['decode', '--json', frame])
    expect(exit).toBe(0)
    expect(documents(stdout)[0]).not.toHaveProperty('carried')
  }
})
