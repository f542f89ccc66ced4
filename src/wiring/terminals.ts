import {
  dlt698,
  eventsOfFrame as eventsBy698,
  reportedIn as reportedBy698,
} from '#protocols/dlt698'
import {
  countersOf,
  eventsOfFrame as eventsBy376,
  gdw376,
  reportedIn as reportedBy376,
} from '#protocols/gdw376'
import type { TerminalProtocol } from '#src/acquisition'

/** Whose devices dial in by a frame of their own, and what their reports bring. */
export const terminals: readonly TerminalProtocol[] = [
  {
    ...gdw376,
    reported: (frame, terminal) =>
      reportedBy376(frame).map(({ point, readings }) => ({
        device: point === 0 ? terminal : `${terminal}/${point}`,
        readings,
      })),
    happened: eventsBy376,
    waiting: (frame) => countersOf(frame)?.important ?? null,
  },
  { ...dlt698, reported: reportedBy698, happened: eventsBy698 },
]
