/** True for a URL with one of the protocols (`mqtt:`) and a host. */
export function isUrlOf(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text)
  return url !== null && protocols.includes(url.protocol) && url.hostname !== ''
}

/** The URL with `***` for its password, also where it stands among the parameters. */
export function maskUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null) return '***'
  if (url.password !== '') url.password = '***'
  for (const name of url.searchParams.keys()) {
    if (/pass|token|secret|key/i.test(name)) url.searchParams.set(name, '***')
  }
  return url.href
}
