import type { PresenceBook } from '#src/presence'

/** What people see of the book and decide in it. */
export type PresenceDesk = Omit<PresenceBook, 'resume' | 'record' | 'door' | 'retain'>

/** The book for the API: what is decided in it takes effect at the door at once. */
export function presenceDesk(
  book: PresenceBook,
  effect: { doorChanged(): Promise<void>; archiveChanged(): Promise<void> },
): PresenceDesk {
  const after =
    <Given extends readonly unknown[], Done>(decide: (...given: Given) => Promise<Done>) =>
    async (...given: Given): Promise<Done> => {
      const done = await decide(...given)
      await effect.doorChanged()
      return done
    }
  return {
    ...book,
    clearFlapping: after(book.clearFlapping),
    block: after(book.block),
    placeSim: after(book.placeSim),
    switchFrameLog: after(book.switchFrameLog),
    endFrameLog: after(book.endFrameLog),
    async adopt(...given) {
      const adopted = await book.adopt(...given)
      if (adopted.ok) await effect.archiveChanged()
      return adopted
    },
  }
}
