import { fromHex } from '#protocols/bytes'
import { dlt645, encodeAnswers, writeValues } from '#protocols/dlt645'
import type { Reading } from '#protocols/model'

/** What is said in each visit of a benchmark of polls. */
export interface Script {
  readonly items: readonly string[]
  readonly exchanges: readonly Exchange[]
}

interface Exchange {
  readonly request: Uint8Array
  readonly answer: Uint8Array
}

export const METER = '112233445566'
/** Total and four rates. */
const FIELDS_MAX = 5

export const scripts: Readonly<Record<string, Script>> = {
  /** The least that a visit can be: the engine's work for a visit falls on one exchange. */
  single: {
    items: ['00010000'],
    exchanges: [
      {
        request: fromHex('68665544332211681104333334331716') ?? new Uint8Array(),
        answer: fromHex('68665544332211689108333334336A547B330716') ?? new Uint8Array(),
      },
    ],
  },
  /** What the default plan reads of every meter each quarter of an hour. */
  present: scriptOf([
    ...['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0', '16.7.0'],
    ...['32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
  ]),
}

function scriptOf(items: readonly string[]): Script {
  const { requests } = dlt645.plan(items, { address: METER, profile: null })
  const exchanges = requests.map((request) => {
    if (request.kind !== 'read') throw new Error('a plan of reads')
    const [answer] = encodeAnswers(METER, request.dataId, payloadOf(request.dataId))
    if (!answer) throw new Error(`no answer for ${request.dataId}`)
    return { request: dlt645.encode(request), answer }
  })
  return { items, exchanges }
}

function payloadOf(dataId: string): Uint8Array {
  const value: Reading['value'] = { kind: 'number', digits: 1_234, scale: 0 }
  for (let scale = 0; scale <= 4; scale++) {
    const sample = { value: { ...value, scale }, at: null }
    const payload = writeValues(dataId, Array(FIELDS_MAX).fill(sample))
    if (payload) return payload
  }
  throw new Error(`no values for ${dataId}`)
}
