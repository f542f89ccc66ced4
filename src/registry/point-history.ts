import { fail, type Instant, ok, type Result } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { ArchiveChange } from './import-work.ts'
import type { BadCursor, Page, PageRequest } from './types.ts'

interface Held {
  readonly from: Instant
  readonly to: Instant | null
}

/** Everything the archive says of a usage point as of a moment. */
export interface PointAt {
  readonly code: string
  readonly name: string
  readonly longitude: number | null
  readonly latitude: number | null
  readonly installations: readonly (Held & {
    readonly meter: string
    readonly protocol: string
    readonly ct: string
    readonly pt: string
    readonly registers: readonly {
      readonly register: string
      readonly opening: string | null
      readonly closing: string | null
    }[]
  })[]
  readonly places: readonly (Held & {
    readonly kind: string
    readonly node: string
    readonly role: string
    readonly phase: string | null
    /** What the node hung on, up to the whole. */
    readonly above: readonly string[]
  })[]
  readonly account: (Held & AccountHeld) | null
  readonly contract: (Held & ContractHeld) | null
}

interface AccountHeld {
  readonly no: string
  readonly customer: string
  readonly class: string
}

interface ContractHeld {
  readonly no: string
  readonly tariff: string | null
  readonly trade: string | null
  readonly capacityKva: string | null
  readonly generates: boolean
}

export type LoggedChange = ArchiveChange & {
  readonly by: string
  readonly at: Instant
  readonly importId: number | null
}

export interface PointHistory {
  at(code: string, at: Instant): Promise<PointAt | undefined>
  /** What became of it, newest first: by files that were applied, orders and adoptions. */
  changes(code: string, page: PageRequest): Promise<Result<Page<LoggedChange>, BadCursor>>
}

const holds = (row: string): string =>
  `${row}.valid_from <= $2::timestamptz
   and (${row}.valid_to is null or ${row}.valid_to > $2::timestamptz)`
const ratio = (of: 'ct' | 'pt'): string =>
  `case i.${of}_denominator when 1 then i.${of}_numerator::text
   else i.${of}_numerator || '/' || i.${of}_denominator end as ${of}`
const shown = (end: 'opening' | 'closing'): string =>
  `(r.${end}_digits * power(10::numeric, -r.${end}_scale))::numeric(40, 6)`

export function createPointHistory(db: Db): PointHistory {
  return {
    async at(code, at) {
      const [point] = await db.query<{
        id: number
        code: string
        name: string
        longitude: number | null
        latitude: number | null
      }>(`select id, code, name, longitude, latitude from usage_point where code = $1::text`, [
        code,
      ])
      if (!point) return undefined
      const { id, ...known } = point
      const asked = [id, timestamptz(at)]
      const installations = await db.query<PointAt['installations'][number]>(
        `select m.address as meter, m.protocol, ${ratio('ct')}, ${ratio('pt')},
           i.valid_from as from, i.valid_to as to,
           coalesce((select jsonb_agg(jsonb_build_object('register', r.register,
               'opening', trim_scale(${shown('opening')})::text,
               'closing', trim_scale(${shown('closing')})::text) order by r.register)
             from installation_register r where r.installation_id = i.id), '[]') as registers
         from installation i join meter m on m.id = i.meter_id
         where i.usage_point_id = $1::int and ${holds('i')} order by i.valid_from`,
        asked,
      )
      const places = await db.query<PointAt['places'][number]>(
        `select n.kind, n.code as node, w.role, w.phase, w.valid_from as from, w.valid_to as to,
           coalesce((select jsonb_agg(a.kind || ' ' || a.code order by u.height)
             from grid_above(n.id, $2::timestamptz) u join grid_node a on a.id = u.node_id
             where u.height > 0), '[]') as above
         from usage_point_place w join grid_node n on n.id = w.node_id
         where w.usage_point_id = $1::int and ${holds('w')} order by w.role, n.kind, n.code`,
        asked,
      )
      const [account] = await db.query<Held & AccountHeld>(
        `select a.no, c.name as customer, c.class, h.valid_from as from, h.valid_to as to
         from account_usage_point h join account a on a.id = h.account_id
         join customer c on c.id = a.customer_id
         where h.usage_point_id = $1::int and ${holds('h')}`,
        asked,
      )
      const [contract] = await db.query<Held & ContractHeld>(
        `select k.no, k.tariff, k.trade, trim_scale(k.capacity_kva)::text as "capacityKva",
           k.generates, k.valid_from as from, k.valid_to as to
         from account_usage_point h join contract k on k.account_id = h.account_id
         where h.usage_point_id = $1::int and ${holds('h')} and ${holds('k')}`,
        asked,
      )
      const held = { account: account ?? null, contract: contract ?? null }
      return { ...known, installations, places, ...held }
    },
    async changes(code, { limit, cursor = '9223372036854775807' }) {
      if (!/^\d{1,19}$/.test(cursor)) return fail({ kind: 'bad-cursor' })
      const rows = await db.query<LoggedRow>(
        `select c.id, c.line, c.subject, c.key, c.action, c.valid_from, c.before, c.after,
           c.usage_point, c.import_id, coalesce(i.applied_by, c.changed_by) as by,
           coalesce(i.applied_at, c.changed_at) as at
         from archive_change c left join archive_import i on i.id = c.import_id
         where (c.usage_point = $1::text or (c.subject = 'usage-point' and c.key = $1::text))
           and (i.id is null or i.state = 'applied') and c.id < $2::bigint
         order by c.id desc limit $3::int`,
        [code, BigInt(cursor), limit + 1],
      )
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return ok({
        items: items.map(logged),
        next: rows.length > limit && last ? String(last.id) : null,
      })
    },
  }
}

type LoggedRow = Omit<LoggedChange, 'validFrom' | 'usagePoint' | 'importId'> & {
  readonly id: bigint
  readonly valid_from: Instant | null
  readonly usage_point: string | null
  readonly import_id: number | null
}

const logged = ({
  id: _,
  valid_from,
  usage_point,
  import_id,
  ...row
}: LoggedRow): LoggedChange => ({
  ...row,
  validFrom: valid_from,
  usagePoint: usage_point,
  importId: import_id,
})
