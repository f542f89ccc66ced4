import type { Channel, Dialer } from '#drivers/channel'
import { memoryPair } from '#drivers/channel'
import { type Call, type KeySet, plainMachineSide } from '#drivers/cipher'
import { decipher, deviceKey, encipher, equal, mac, sum } from './keys.ts'

const OK = 0
const WRONG_KEY = 45
const NOT_ALLOWED = 161
const NOT_VALID = 169
const OUT_OF_ORDER = 171
const WRONG_LENGTH = 1_000
const WRONG_SIGNATURE = 1_206

/** What the fake does wrong; a test changes it as it goes. */
export interface CipherFaults {
  outOfOrder: boolean
  /** The operator lacks the right for production keys (需要特殊授权). */
  mayUseProduction: boolean
  /** Key sets that are loaded. */
  keys: readonly KeySet[]
  /** Says nothing at all. */
  silent: boolean
}

export interface FakeCipherMachine {
  readonly faults: CipherFaults
  /** Calls that were heard, by name; never their fields. */
  readonly heard: Call[]
  /** Serves one connection until it ends. */
  serve(channel: Channel): Promise<void>
  /** Connects within the process. */
  readonly dialer: Dialer
}

type Fields = readonly Uint8Array[]
type Said = readonly [status: number, fields: Fields]

/** A cipher machine without a machine: the right answers, and the interface's own error numbers. */
export function fakeCipherMachine(random: (bytes: number) => Uint8Array): FakeCipherMachine {
  const faults: CipherFaults = {
    outOfOrder: false,
    mayUseProduction: true,
    keys: ['test', 'production'],
    silent: false,
  }
  const heard: Call[] = []
  let sequence = 0

  function answer(call: Call, fields: Fields): Said {
    if (faults.outOfOrder) return [OUT_OF_ORDER, []]
    if (call === 'health') {
      return [OK, [Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(0, 0)]]
    }
    const keys: KeySet = fields[0]?.[0] === 1 ? 'production' : 'test'
    if (!faults.keys.includes(keys)) return [WRONG_KEY, []]
    if (keys === 'production' && !faults.mayUseProduction) return [NOT_ALLOWED, []]
    const [, dispersion, ...rest] = fields
    if (dispersion?.length !== 8) return [WRONG_LENGTH, []]
    return withKey(call, deviceKey(keys, dispersion), rest)
  }

  function withKey(call: Call, key: Uint8Array, [one, two, three, four]: Fields): Said {
    const none = new Uint8Array(0)
    switch (call) {
      case 'authenticateMeter': {
        const given = random(8)
        return [OK, [given, sum(key, 8, new TextEncoder().encode('identity'), given)]]
      }
      case 'control':
      case 'parameter-1':
      case 'parameter-2':
      case 'clear-meter':
      case 'clear-events': {
        if (one?.length !== 4 || two?.length !== 8 || !four) return [WRONG_LENGTH, []]
        const orderKey = sum(key, 16, one, two)
        const data = call === 'parameter-1' ? four : encipher(orderKey, four)
        return [OK, [join(data, mac(orderKey, data))]]
      }
      case 'openSession': {
        if (one?.length !== 4) return [WRONG_LENGTH, []]
        const hostRandom = random(16)
        const next = new Uint8Array(4)
        new DataView(next.buffer).setUint32(
          0,
          new DataView(Uint8Array.from(one).buffer).getUint32(0) + 1,
        )
        const cipher = encipher(key, join(hostRandom, next), 2)
        return [OK, [hostRandom, cipher, mac(key, cipher)]]
      }
      case 'confirmSession': {
        if (!one || !two || !three) return [WRONG_LENGTH, []]
        if (!equal(three, mac(key, two))) return [WRONG_SIGNATURE, []]
        const plain = decipher(key, two)
        if (plain?.length !== 32 || !equal(plain.slice(16), one)) return [NOT_VALID, []]
        return [OK, [sum(key, 16, one, plain.slice(0, 16))]]
      }
      case 'protectApdu': {
        if (!one || !three || !four) return [WRONG_LENGTH, []]
        sequence += 1
        const sid = Uint8Array.of(one[0] ?? 0, two?.[0] ?? 0, sequence >> 8, sequence)
        const data = one[0] === 1 ? four : encipher(three, four)
        const attached = Uint8Array.of(data.length >> 8, data.length)
        return [OK, [sid, attached, data, mac(three, sid, attached, data)]]
      }
      case 'verifyApdu': {
        if (!one || !two || !three || !four) return [WRONG_LENGTH, []]
        if (!equal(four, mac(two, three))) return [WRONG_SIGNATURE, []]
        const plain = one[0] === 1 ? three : decipher(two, three)
        return plain ? [OK, [plain]] : [NOT_VALID, []]
      }
      case 'authenticateMessage':
        return [OK, [mac(key, one ?? none, two ?? none)]]
      case 'health':
        return [OK, []]
    }
  }

  async function serve(channel: Channel): Promise<void> {
    let held: number[] = []
    for await (const chunk of channel.bytes()) {
      held.push(...chunk)
      for (;;) {
        const length = 2 + ((held[0] ?? 0) << 8) + (held[1] ?? 0)
        if (held.length < 2 || held.length < length) break
        const call = plainMachineSide.heard(Uint8Array.from(held.slice(0, length)))
        held = held.slice(length)
        if (call) heard.push(call.call)
        if (faults.silent) continue
        const [status, fields]: Said = call ? answer(call.call, call.fields) : [NOT_VALID, []]
        await channel.send(plainMachineSide.answer(status, fields), new AbortController().signal)
      }
    }
  }

  return {
    faults,
    heard,
    serve,
    dialer: {
      name: 'fake-cipher-machine',
      async open() {
        const [near, far] = memoryPair()
        void serve(far)
        return { ok: true, value: near }
      },
    },
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
