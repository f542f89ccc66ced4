/** Every range of `bytes` in which `part` stands; none for an empty part. `to` is exclusive. */
export function placesOf(
  part: Uint8Array,
  bytes: Uint8Array,
): readonly { readonly from: number; readonly to: number }[] {
  const places: { from: number; to: number }[] = []
  if (part.length === 0) return places
  for (let from = 0; from + part.length <= bytes.length; from++) {
    if (part.every((byte, at) => bytes[from + at] === byte)) {
      places.push({ from, to: from + part.length })
    }
  }
  return places
}
