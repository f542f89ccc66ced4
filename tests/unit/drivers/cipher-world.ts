import { type KeySet, networkCipherMachine, plainDialect } from '#drivers/cipher'
import { Esam, fakeCipherMachine } from '#simulators/cipher'
import { ManualClock } from '#tests/support'

export const serial = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Bytes that repeat from run to run. */
export function seeded(): (bytes: number) => Uint8Array {
  let state = 7
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state >> 16
    })
}

export function world(keys: KeySet = 'production') {
  const clock = new ManualClock()
  const random = seeded()
  const fake = fakeCipherMachine(random)
  const machine = networkCipherMachine({ dialer: fake.dialer, dialect: plainDialect, clock })
  const esam = new Esam({ address: '000012345678', serial, keys, random })
  return { clock, fake, machine, esam }
}

export const dispersionOf = (esam: Esam) => esam.dispersion
