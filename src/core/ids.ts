declare const idBrand: unique symbol

/** An identity column's value; ids of different tables do not mix. */
export type Id<Table extends string> = number & { readonly [idBrand]: Table }

export type MeterId = Id<'meter'>
export type ChannelId = Id<'channel'>
export type ConcentratorId = Id<'concentrator'>
export type UsagePointId = Id<'usage_point'>
export type UserId = Id<'app_user'>

/** Names the table an integer from the database or a checked path belongs to. */
export const idOf = <Table extends string>(value: number): Id<Table> => value as Id<Table>
