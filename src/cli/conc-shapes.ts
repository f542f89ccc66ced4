import { Type } from '@sinclair/typebox'

/** What the API says of concentrators and of who calls, as far as `hes conc` shows it. */
const TextOrNull = Type.Union([Type.String(), Type.Null()])
export const Concentrator = Type.Object({
  id: Type.Integer(),
  address: Type.String(),
  name: Type.String(),
  transformer: TextOrNull,
  meters: Type.Integer(),
  online: Type.Boolean(),
  lastHeartbeat: TextOrNull,
  remoteAddress: TextOrNull,
})
export const Concentrators = Type.Object({ items: Type.Array(Concentrator), next: TextOrNull })
export const Device = Type.Object({
  id: Type.Integer(),
  identity: Type.String(),
  reason: Type.String(),
  state: Type.String(),
  rule: Type.String(),
  remoteAddress: Type.String(),
  lastSeenAt: Type.String(),
  calls: Type.Integer(),
})
export const Devices = Type.Object({ items: Type.Array(Device), next: TextOrNull })
export const Connections = Type.Object({
  intervals: Type.Array(
    Type.Object({
      from: Type.String(),
      to: TextOrNull,
      remoteAddress: TextOrNull,
      endReason: TextOrNull,
    }),
  ),
  events: Type.Array(
    Type.Object({
      at: Type.String(),
      kind: Type.String(),
      remoteAddress: Type.String(),
      times: Type.Integer(),
    }),
  ),
  flapping: Type.Union([
    Type.Object({
      since: Type.String(),
      takeovers: Type.Integer(),
      addresses: Type.Array(Type.String()),
    }),
    Type.Null(),
  ]),
})
export const Shown = Type.Object({ concentrator: Concentrator, connections: Connections })
export const Frames = Type.Object({
  until: TextOrNull,
  items: Type.Array(
    Type.Object({
      at: Type.String(),
      direction: Type.String(),
      hex: Type.String(),
      decoded: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    }),
  ),
  next: TextOrNull,
})
