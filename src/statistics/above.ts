/**
 * SQL of a table of a statement, `above`: what node of a kind each node of the grid hangs below, and
 * when. Also the days on which there is none are in it, with a null, so that whoever joins it has
 * every day of every node exactly once. `zone`: the parameter that names the zone.
 */
export const aboveWithGaps = (kind: string, zone: string): string => `
  hanging as materialized (
    select node_id, ancestor_id, valid_from, valid_to from statistics_above(${zone})
    where kind = ${kind} and is_nearest),
  above as materialized (
    select node_id, ancestor_id, valid_from, valid_to from hanging
    union all
    select node_id, null, valid_from, valid_to from (
      select node_id, valid_to as valid_from,
        lead(valid_from, 1, 'infinity'::date) over (partition by node_id order by valid_to)
          as valid_to
      from (
        select node_id, valid_from, valid_to from hanging
        union all
        select id, '-infinity'::date, '-infinity'::date from grid_node) told) gap
    where valid_from < valid_to)`
