import type { Logger } from '#src/observe'
import { type ReadProtocols, type Registry, unreadSettings } from '#src/registry'

/**
 * Complains of what the archive says and nobody follows: it may have been imported before that was
 * refused. Once for each kind of mistake, with an example: an archive may hold thousands.
 */
export async function reviewArchive(
  registry: Pick<Registry, 'allMeters' | 'channels'>,
  read: ReadProtocols,
  log: Logger,
): Promise<void> {
  const meters = (await registry.allMeters()).flatMap(({ address, protocol, profile }) => {
    const known = read[protocol]
    if (!known || profile === null || known.includes(profile)) return []
    return [{ address, protocol, profile }]
  })
  for (const alike of Map.groupBy(meters, (one) => `${one.protocol} ${one.profile}`).values()) {
    const [example] = alike
    log.warn(
      { event: 'archive.unknown-profile', ...example, meters: alike.length },
      'a profile that nobody knows: these meters are read as the standard says, or not at all',
    )
  }
  for (const { name, kind, settings } of await registry.channels()) {
    const unread = unreadSettings(kind, settings)
    if (unread.length === 0) continue
    log.warn({ event: 'archive.unread-settings', channel: name, kind, unread }, 'nobody reads them')
  }
}
