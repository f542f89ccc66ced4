import {
  type Apdu,
  apdu,
  encodeApdu,
  type NormalResult,
  type RecordResult,
} from '#protocols/dlt698'

type Part = Extract<Apdu, { readonly service: 'GetResponseNext' }>['body']['part']

/** What a block has around its parts. */
const AROUND_BYTES = 16

/**
 * A GET's answer in blocks (数据块) of at most so many bytes, cut between attributes and between
 * rows; the answer itself where it fits or cannot be cut.
 */
export function blocksOf(answer: Apdu, bytesMax: number): readonly Apdu[] {
  if (encodeApdu(answer).length <= bytesMax) return [answer]
  const parts = partsOf(answer, bytesMax - AROUND_BYTES)
  if (parts.length < 2) return [answer]
  return parts.map((part, block) =>
    apdu('GetResponseNext', answer.piid, {
      isLast: block === parts.length - 1 ? 1 : 0,
      block,
      part,
    }),
  )
}

function partsOf({ service, body }: Apdu, bytesMax: number): readonly Part[] {
  switch (service) {
    case 'GetResponseNormalList':
      return packed(body.results, bytesMax, attributesPart)
    case 'GetResponseRecord':
      return packed(rowByRow(body), bytesMax, recordsPart)
    case 'GetResponseRecordList':
      return packed(body.results.flatMap(rowByRow), bytesMax, recordsPart)
    default:
      return []
  }
}

function attributesPart(value: readonly NormalResult[]): Part {
  return { kind: 'attributes', value }
}

function recordsPart(value: readonly RecordResult[]): Part {
  return { kind: 'records', value }
}

function rowByRow(record: RecordResult): readonly RecordResult[] {
  const { result } = record
  if (result.kind === 'dar' || result.value.length === 0) return [record]
  return result.value.map((row) => ({ ...record, result: { kind: 'rows', value: [row] } }))
}

function packed<T>(
  units: readonly T[],
  bytesMax: number,
  part: (units: readonly T[]) => Part,
): readonly Part[] {
  const parts: Part[] = []
  let held: readonly T[] = []
  for (const unit of units) {
    const longer = [...held, unit]
    const block = apdu('GetResponseNext', 0, { isLast: 0, block: 0, part: part(longer) })
    if (held.length > 0 && encodeApdu(block).length > bytesMax) {
      parts.push(part(held))
      held = [unit]
    } else held = longer
  }
  return held.length > 0 ? [...parts, part(held)] : parts
}
