/**
 * What one stretch of a data field holds. A number is the bytes it takes, `rest` whatever the
 * stretches behind it leave.
 */
export type Stretch =
  | { readonly kind: 'data-id'; readonly bytes: 4 }
  | { readonly kind: 'value'; readonly bytes: 'rest' }
  | { readonly kind: 'load-range'; readonly bytes: 'rest' }
  | { readonly kind: 'sequence'; readonly bytes: 1 }
  | { readonly kind: 'level'; readonly bytes: 1 }
  /** P0 to P2, never shown. */
  | { readonly kind: 'password'; readonly bytes: 3 }
  /** C0 to C3, never shown. */
  | { readonly kind: 'operator'; readonly bytes: 4 }
  | { readonly kind: 'address'; readonly bytes: 6 }
  | { readonly kind: 'clock'; readonly bytes: 6 }
  | { readonly kind: 'expiry'; readonly bytes: 6 }
  | { readonly kind: 'freeze'; readonly bytes: 4 }
  | { readonly kind: 'baud'; readonly bytes: 1 }
  | { readonly kind: 'relay'; readonly bytes: 1 }
  | { readonly kind: 'output'; readonly bytes: 1 }
  | { readonly kind: 'reserved'; readonly bytes: 1 }
  /** The word of executed orders that newer meters answer with. */
  | { readonly kind: 'executed'; readonly bytes: 2 }
  /** What a cipher machine made, never shown. */
  | { readonly kind: 'cipher'; readonly bytes: 'rest' }
  /** The same where the standard says that a MAC of four bytes is inside. */
  | { readonly kind: 'sealed'; readonly bytes: 'rest' }
  /** The MAC behind what is sent in clear (明文加MAC), never shown. */
  | { readonly kind: 'mac'; readonly bytes: 4 }
  | { readonly kind: 'events'; readonly bytes: 4 }
  /** Part of a security authentication (安全认证), most significant byte last. */
  | {
      readonly kind: 'secured'
      readonly bytes: number
      readonly text: string
      readonly shown: boolean
    }
  | { readonly kind: 'hex'; readonly bytes: 'rest' }

/** A function of the control code (§5.2.3, D4 to D0) and what its frames carry. */
export interface FunctionEntry {
  /** As the CLI and the API print it. */
  readonly name: string
  readonly text: string
  readonly request: readonly Stretch[]
  readonly reply: readonly Stretch[]
}

const dataId: Stretch = { kind: 'data-id', bytes: 4 }
const value: Stretch = { kind: 'value', bytes: 'rest' }
const hex: Stretch = { kind: 'hex', bytes: 'rest' }
const address: Stretch = { kind: 'address', bytes: 6 }
const sequence: Stretch = { kind: 'sequence', bytes: 1 }
const output: Stretch = { kind: 'output', bytes: 1 }
const baud: Stretch = { kind: 'baud', bytes: 1 }
const operator: Stretch = { kind: 'operator', bytes: 4 }
const password: readonly Stretch[] = [
  { kind: 'level', bytes: 1 },
  { kind: 'password', bytes: 3 },
]
const authority: readonly Stretch[] = [...password, operator]
const loadRange: Stretch = { kind: 'load-range', bytes: 'rest' }

export const functionTable: Readonly<Record<number, FunctionEntry>> = {
  3: {
    name: 'authenticate',
    text: 'security authentication',
    request: [dataId, operator, { kind: 'cipher', bytes: 'rest' }],
    reply: [dataId, hex],
  },
  8: {
    name: 'set-clock',
    text: 'broadcast time',
    request: [{ kind: 'clock', bytes: 6 }],
    reply: [],
  },
  17: { name: 'read', text: 'read data', request: [dataId, loadRange], reply: [dataId, value] },
  18: {
    name: 'read-more',
    text: 'read follow-up data',
    request: [dataId, sequence],
    // A follow-up frame may begin inside a field, so alone it means nothing.
    reply: [dataId, hex, sequence],
  },
  19: { name: 'read-address', text: 'read address', request: [], reply: [address] },
  20: {
    name: 'write',
    text: 'write data',
    request: [dataId, ...authority, value],
    reply: [],
  },
  21: { name: 'write-address', text: 'write address', request: [address], reply: [] },
  22: {
    name: 'freeze',
    text: 'freeze',
    request: [{ kind: 'freeze', bytes: 4 }],
    reply: [],
  },
  23: { name: 'change-baud', text: 'change the baud rate', request: [baud], reply: [baud] },
  24: {
    name: 'change-password',
    text: 'change a password',
    request: [dataId, ...password, ...password],
    reply: password,
  },
  25: { name: 'clear-demand', text: 'clear the maximum demand', request: authority, reply: [] },
  26: { name: 'clear-meter', text: 'clear the meter', request: authority, reply: [] },
  27: {
    name: 'clear-events',
    text: 'clear events',
    request: [...authority, { kind: 'events', bytes: 4 }],
    reply: [],
  },
  28: {
    name: 'control',
    text: 'relay, alarm and kept power',
    request: [
      ...authority,
      { kind: 'relay', bytes: 1 },
      { kind: 'reserved', bytes: 1 },
      { kind: 'expiry', bytes: 6 },
    ],
    reply: [{ kind: 'executed', bytes: 2 }],
  },
  29: {
    name: 'multi-function-output',
    text: 'multi-function terminal output',
    request: [output],
    reply: [output],
  },
}

const secured = (text: string, bytes: number): Stretch => ({
  kind: 'secured',
  bytes,
  text,
  shown: true,
})
const hidden = (text: string, bytes: number): Stretch => ({
  kind: 'secured',
  bytes,
  text,
  shown: false,
})

/** What security authentication (03H) carries, by its identifier, where its layout is known. */
export const authentications: ReadonlyMap<string, Omit<FunctionEntry, 'text'>> = new Map([
  [
    '070000FF',
    {
      name: 'identity authentication',
      request: [
        dataId,
        operator,
        hidden('cipher text of the random number', 8),
        hidden('random number 1', 8),
        hidden('dispersion factor', 8),
      ],
      reply: [dataId, secured('random number 2', 4), secured('number of the security chip', 8)],
    },
  ],
  [
    '070001FF',
    {
      name: 'how long an authentication is valid',
      request: [dataId, operator, secured('authentication valid, in minutes', 2), hidden('MAC', 4)],
      reply: [],
    },
  ],
  [
    '070002FF',
    {
      name: 'end of the authentication',
      request: [dataId, operator],
      reply: [
        dataId,
        secured('customer number', 6),
        secured('money left, binary', 4),
        secured('purchases so far, binary', 4),
        secured('key state word', 4),
      ],
    },
  ],
])

const sealed: Stretch = { kind: 'sealed', bytes: 'rest' }
const mac: Stretch = { kind: 'mac', bytes: 4 }

/**
 * What a request holds that goes by a cipher machine instead of a password: behind the operator all
 * is enciphered together with its MAC, or it is in clear and the MAC stands last.
 */
export function protectedRequest(
  { request }: FunctionEntry,
  protection: 'enciphered' | 'signed',
): readonly Stretch[] {
  if (protection === 'signed') return [...request, mac]
  return [...request.slice(0, request.indexOf(operator) + 1), sealed]
}

/** Names of the command byte N1 of function 1C (跳合闸、报警、保电). */
export const relayCommands: Readonly<Record<number, string>> = {
  26: 'trip',
  27: 'permit closing (by the button)',
  28: 'close',
  29: 'trip for a time, then close',
  30: 'trip for a time, then permit closing',
  42: 'alarm',
  43: 'end alarm',
  58: 'keep power',
  59: 'end keeping power',
}

/** Baud rates of the one-hot feature byte Z. */
export const baudRates: Readonly<Record<number, number>> = {
  2: 600,
  4: 1200,
  8: 2400,
  16: 4800,
  32: 9600,
  64: 19200,
}

/** Signals of the multi-function terminal. */
export const outputs: Readonly<Record<number, string>> = {
  0: 'second pulse',
  1: 'demand period',
  2: 'period switch',
}
