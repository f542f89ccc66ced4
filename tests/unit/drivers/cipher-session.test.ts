import { describe, expect, it } from 'vitest'
import type { KeySet, SecurityMode } from '#drivers/cipher'
import { dispersionOf, hex, serial, world } from './cipher-world.ts'

const never = new AbortController().signal

describe('a session of DL/T 698.45', () => {
  async function opened(keys: KeySet = 'production') {
    const parts = world(keys)
    const { machine, esam } = parts
    const dispersion = keys === 'test' ? serial : dispersionOf(esam)
    const device = { keys, dispersion, counter: esam.counter }
    const opening = await machine.openSession(device, never)
    if (!opening.ok) throw new Error(opening.error.code)
    const { cipher, signature } = opening.value
    const answer = esam.connect(cipher, signature)
    return { ...parts, opening: opening.value, answer }
  }

  async function session(keys: KeySet = 'production') {
    const parts = await opened(keys)
    if (!parts.answer.ok) throw new Error(`refused ${parts.answer.refused}`)
    const confirmed = await parts.machine.confirmSession(parts.opening, parts.answer.value, never)
    if (!confirmed.ok) throw new Error(confirmed.error.code)
    return { ...parts, session: confirmed.value }
  }

  it.each(['test', 'production'] as const)('is agreed upon with %s keys', async (keys) => {
    const { opening, answer } = await opened(keys)
    expect([opening.cipher.length, opening.signature.length]).toEqual([32, 4])
    expect(answer.ok && [answer.value.random.length, answer.value.signature.length]).toEqual([
      48, 4,
    ])
    await session(keys)
  })

  it('refuses a wrong signature and a counter that was used', async () => {
    const { esam, opening } = await opened()
    const { cipher, signature } = opening
    expect(esam.connect(cipher, Uint8Array.of(0, 0, 0, 0))).toEqual({ ok: false, refused: 4 })
    expect(esam.connect(cipher, signature)).toEqual({ ok: false, refused: 2 })
  })

  it('is not agreed upon with somebody who only pretends', async () => {
    const { machine, opening, answer } = await opened()
    if (!answer.ok) throw new Error('refused')
    const pretended = { ...answer.value, signature: Uint8Array.of(1, 2, 3, 4) }
    expect(await machine.confirmSession(opening, pretended, never)).toMatchObject({
      error: { code: 'cipher.refused', machineCode: 1_206 },
    })
    expect(await machine.confirmSession(opening, answer.value, never)).toMatchObject({ ok: false })
  })

  it.each<SecurityMode>(['plain-mac', 'cipher', 'cipher-mac'])(
    'carries %s both ways',
    async (mode) => {
      const { machine, esam, session: open } = await session()
      const apdu = Uint8Array.from({ length: 37 }, (_, n) => n)
      const made = await machine.protectApdu(open, { mode, task: 'trip', apdu }, never)
      if (!made.ok) throw new Error(made.error.code)
      expect(hex(made.value.data) === hex(apdu)).toBe(mode === 'plain-mac')
      expect(esam.unwrapApdu(made.value)).toEqual({ ok: true, value: apdu })
      expect(esam.unwrapApdu(made.value)).toEqual({ ok: false, refused: 20 })
      const bent = { ...made.value, sid: Uint8Array.of(1, 0, 0, 9) }
      expect(esam.unwrapApdu(bent)).toEqual({ ok: false, refused: 30 })
      const back = esam.wrapApdu(apdu, mode !== 'plain-mac')
      if (!back) throw new Error('no session')
      expect(await machine.verifyApdu(open, { mode, ...back }, never)).toEqual({
        ok: true,
        value: apdu,
      })
      const wrong = { mode, ...back, mac: Uint8Array.of(0, 0, 0, 0) }
      expect(await machine.verifyApdu(open, wrong, never)).toMatchObject({ ok: false })
    },
  )
})
