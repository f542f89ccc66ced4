/** A decimal as a person writes it; undefined for anything else. */
export function parseValue(
  text: string,
): { readonly digits: bigint; readonly scale: number } | undefined {
  const match = /^(\d{1,12})(?:[.,](\d{1,4}))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, whole = '', part = ''] = match
  return { digits: BigInt(whole + part), scale: part.length }
}
