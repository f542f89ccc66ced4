import { type ArchiveDesk, createArchiveDesk, type DeskParts } from '#src/registry'

/** The desk of a running head-end: what it applies is served at once. */
export function archiveDesk(parts: DeskParts, look: () => Promise<void>): ArchiveDesk {
  const desk = createArchiveDesk(parts)
  return {
    ...desk,
    async importNow(...call) {
      const done = await desk.importNow(...call)
      if (done.ok) await look()
      return done
    },
    async apply(...call) {
      const done = await desk.apply(...call)
      if (done.ok) await look()
      return done
    },
  }
}
