import { describe, expect, test } from 'vitest'
import type { FieldFailure } from '#src/acquisition/field'
import { ok } from '#src/core'
import { atNoon, channel, nothing } from './fake-bench.ts'
import { documents, hes } from './fake-io.ts'

describe('watch', () => {
  const answer = '68665544332211689108333334336A547B330716'
  const tap = (end: FieldFailure | null) => ({
    clock: atNoon,
    actions: {
      openTap: async () =>
        ok({
          name: 'serial:/dev/test',
          async *bytes() {
            yield Uint8Array.of(0, 1, 2)
            yield Uint8Array.from(Buffer.from(answer, 'hex'))
          },
          failure: () => end,
          close: async () => {},
        }),
    },
  })

  test('--json prints every frame with the moment it came', async () => {
    const { exit, stdout, stderr } = await hes(['watch', ...channel, '--json'], tap(null))
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { receivedAt: '2026-11-21T22:30:00+08:00', raw: answer, valid: true },
    ])
    expect(stderr).toBe('1 frame(s), 3 byte(s) of noise on serial:/dev/test\n')
  })

  test('ends 5 when the channel ends by itself', async () => {
    const end = { code: 'transport.closed', message: 'the other side hung up', raw: nothing }
    expect((await hes(['watch', ...channel], tap(end))).exit).toBe(5)
  })
})
