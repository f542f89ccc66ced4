import { buildFrame, dlt645, parseFrame } from '#protocols/dlt645'

/** The answer as the meter with the next address would have given it, checksum and all. */
export function foreignDlt645(answer: Uint8Array): Uint8Array {
  const [bytes] = dlt645.scanner().push(answer)
  const parsed = bytes ? parseFrame(bytes) : null
  if (!parsed?.ok || !/^\d{12}$/.test(parsed.frame.address)) return answer
  const next = (Number(parsed.frame.address) + 1) % 1_000_000_000_000
  return buildFrame({ ...parsed.frame, address: String(next).padStart(12, '0') })
}
