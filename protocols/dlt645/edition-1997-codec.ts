import type { MeterProfile, MeterTime, Plan, Protocol } from '#protocols/model'
import { aimOf1997 } from './edition-1997-aim.ts'
import {
  type Dlt645v1997Response,
  decodeAnswer1997,
  isAnswerTo1997,
  isOverheard1997,
  nextRequest1997,
  valuesOf1997,
} from './edition-1997-answer.ts'
import { describeFrame1997 } from './edition-1997-describe.ts'
import { effectOf1997 } from './edition-1997-effect.ts'
import { blockOf1997, dataIdsOf1997 } from './edition-1997-items.ts'
import {
  type Dlt645v1997Request,
  encodeRequest1997,
  passwordBytes,
} from './edition-1997-request.ts'
import { wakeUpBytes } from './frame.ts'
import { frameScanner } from './scanner.ts'
import { writeClock } from './time.ts'

/** How meters of a maker differ; a profile's name is in the meter's archive. */
interface Deviation {
  /** False where a meter refuses identifiers that end with F. */
  readonly blocks: boolean
  readonly trailingBytes: number
}

const standard: Deviation = { blocks: true, trailingBytes: 0 }
const deviations: Readonly<Record<string, Deviation>> = {
  'no-blocks': { blocks: false, trailingBytes: 0 },
  'status-byte': { blocks: false, trailingBytes: 1 },
}

/** DL/T 645-1997. */
export const dlt645v1997: Protocol<Dlt645v1997Request, Dlt645v1997Response> = {
  name: 'dlt645-1997',
  scanner: frameScanner,
  encode: encodeRequest1997,
  expectsAnswer: (request) => request.kind !== 'set-clock',
  decode: decodeAnswer1997,
  answers: isAnswerTo1997,
  overhears: isOverheard1997,
  wakeUp: wakeUpBytes,
  follow: nextRequest1997,
  plan: planReads1997,
  readings: valuesOf1997,
  describe: describeFrame1997,
  effect: effectOf1997,
  aim: aimOf1997,
  setClock: clockWrite,
}

/**
 * Reads for items, given as codes of the register model or as identifiers of four hex digits. Two
 * or more members of a block become a read of the block. A maximum demand asked for by its code is
 * read with the time of its occurrence and the meter's date, because the time has no year.
 */
function planReads1997(items: readonly string[], meter: MeterProfile): Plan<Dlt645v1997Request> {
  const { blocks, trailingBytes } = deviations[meter.profile ?? ''] ?? standard
  const wanted = new Set<string>()
  const demands = new Set<string>()
  const unsupported: string[] = []
  for (const item of items) {
    const dataIds = isDataId(item) ? [item.toUpperCase()] : dataIdsOf1997(item)
    if (dataIds.length === 0) unsupported.push(item)
    const into = !isDataId(item) && dataIds[0]?.startsWith('A') ? demands : wanted
    for (const dataId of dataIds) into.add(dataId)
  }
  const { address } = meter
  const read = (dataId: string, afterwards: readonly string[]): Dlt645v1997Request => {
    return { kind: 'read', address, dataId, afterwards, trailingBytes }
  }
  const merged = (dataIds: ReadonlySet<string>) => (blocks ? mergeBlocks(dataIds) : [...dataIds])
  const requests = [
    ...merged(wanted).map((dataId) => read(dataId, [])),
    ...merged(demands).map((dataId) => read(dataId, [`B${dataId.slice(1)}`, 'C010'])),
  ]
  return { requests, unsupported }
}

function isDataId(item: string): boolean {
  return /^[0-9a-f]{4}$/i.test(item)
}

/** The block in the place of the first of its members, where two or more are wanted. */
function mergeBlocks(wanted: ReadonlySet<string>): readonly string[] {
  const counts = new Map<string, number>()
  for (const dataId of wanted) {
    const block = blockOf1997(dataId)?.dataId
    if (block !== undefined) counts.set(block, (counts.get(block) ?? 0) + 1)
  }
  const merged = new Set<string>()
  for (const dataId of wanted) {
    const block = blockOf1997(dataId)?.dataId
    const isShared = block !== undefined && ((counts.get(block) ?? 0) > 1 || wanted.has(block))
    merged.add(isShared ? block : dataId)
  }
  return [...merged]
}

/** Date and time are two items and two frames; without a password only the broadcast is left. */
function clockWrite(clock: MeterTime, meter: MeterProfile): Dlt645v1997Request | null {
  const password = meter.access?.password
  if (password === undefined || !isPassword(password)) return null
  const date = writeClock(clock, 'WWDDMMYY')
  const afterwards = [{ dataId: 'C011', data: writeClock(clock, 'ssmmhh') }]
  return { kind: 'write', address: meter.address, dataId: 'C010', password, data: date, afterwards }
}

function isPassword(text: string): boolean {
  return text.length === 2 * passwordBytes && /^[0-9a-f]*$/i.test(text)
}
