-- Primary energy by quarter of an hour, in 10^-6 kWh (or kvarh): the difference of the register as
-- it counts at both ends of the quarter, times the ratio of whatever was installed. A register that
-- was not read at an end is interpolated between readings no more than an hour apart; a quarter
-- with an end that is not known, or whose register fell, is absent.

-- Primary energy of a register, cut to 10^-6, so that neighbouring differences add up.
create function primary_energy(micro bigint, numerator numeric, denominator numeric)
returns bigint language sql immutable parallel safe as $$
  select case when numerator = denominator then micro
    else floor(micro * numerator / denominator)::bigint end
$$;

-- Whether so much (10^-6) can have flown in a time; coarse registers may seem to jump a unit.
create function energy_is_possible(advance bigint, during interval, per_hour bigint)
returns boolean language sql immutable parallel safe as $$
  select (advance - 1000000)::numeric * 3600000
    <= per_hour * (extract(epoch from during) * 1000)::bigint::numeric
$$;

create function usage_interval(points int[], register text, from_at timestamptz,
  to_at timestamptz)
returns table (usage_point_id int, ends_at timestamptz, energy bigint, quality smallint)
language plpgsql stable rows 100000 set jit = off as $$
#variable_conflict use_column
declare
  quarter constant interval := interval '15 minutes';
  -- A boundary may be interpolated between readings that are no further apart.
  apart constant interval := interval '1 hour';
  margin constant interval := interval '2 hours';
  meters int[];
begin
  if usage_interval.points is not null then
    select coalesce(array_agg(distinct i.meter_id), '{}') into meters from installation i
    where i.usage_point_id = any(usage_interval.points);
  end if;
  return query
  with installed as materialized (
    select i.* from metered_installation i
    where (usage_interval.points is null or i.usage_point_id = any(usage_interval.points))
      and i.valid_from < usage_interval.to_at and i.valid_to > usage_interval.from_at),
  read as (
    select s.id, s.usage_point_id, s.numerator, s.denominator, s.per_hour, s.stays_from, s.stays_to,
      s.valid_from <= usage_interval.from_at - margin
        and s.valid_to >= usage_interval.to_at + margin as throughout,
      r.measured_at as at, r.micro, r.scale, r.quality, lag(r.measured_at) over w as before_at,
      lag(r.micro) over w as before_micro, lag(r.quality) over w as before_quality
    from register_points(meters, usage_interval.register, usage_interval.from_at - margin,
      usage_interval.to_at + margin) r
    join installed s on s.meter_id = r.meter_id
    window w as (partition by s.id order by r.measured_at)),
  -- The usual case: one installation over the whole time, read at quarters of an hour, never
  -- falling, and no more than can have flown. Told by windows: no join has to be estimated.
  marked as materialized (
    select r.*, bool_and(r.throughout and r.at = date_bin(quarter, r.at, 'epoch')
      and (r.before_at is null or r.micro >= r.before_micro
        and (r.at - r.before_at > apart
          or r.at - r.before_at = quarter and r.micro - r.before_micro - 1000000 <= r.per_hour / 4)))
      over (partition by r.id) as plain
    from read r),
  span as materialized (
    select i.* from installed i
    where i.id not in (select distinct m.id from marked m where m.plain)),
  ends as materialized (
    select e.installation_id as id, e.at, e.micro, e.scale
    from installation_ends e join span s on s.id = e.installation_id
    where e.register = usage_interval.register),
  -- What counts for each other installation: what was written down at its ends before what was
  -- read.
  own as (
    select m.id, m.at, m.micro, m.scale, m.quality
    from marked m
    where not m.plain and m.at >= m.stays_from and m.at <= m.stays_to
      and not exists (select from ends e where e.id = m.id and e.at = m.at)
    union all
    select e.id, e.at, e.micro, e.scale, 1::smallint from ends e
    where e.at between usage_interval.from_at - margin and usage_interval.to_at + margin),
  -- Next to a value with other decimals one may seem to be a little less than its predecessor.
  evened as (
    select o.id, o.at, o.quality,
      case when p.micro > o.micro and p.scale <> o.scale and o.at - p.at <= apart
        and p.micro - o.micro < 10::numeric ^ (6 - least(p.scale, o.scale))
        then p.micro else o.micro end as micro
    from (select o.*, lag(o.at) over w as before_at, lag(o.micro) over w as before_micro,
        lag(o.scale) over w as before_scale
      from own o window w as (partition by o.id order by o.at)) o
    cross join lateral (values (o.before_at, o.before_micro, o.before_scale))
      as p (at, micro, scale)),
  stepped as (
    select e.*, lag(e.at) over w as p_at, lag(e.micro) over w as p_micro,
      lag(e.quality) over w as p_quality
    from evened e window w as (partition by e.id order by e.at)),
  -- What stands out from its neighbours of an hour: a peak that falls back, or a dip that recovers.
  odd as (
    select o.id, o.at from (
      select e.id, e.at, e.micro,
        min(e.micro) over b as least_before, max(e.micro) over b as most_before,
        min(e.micro) over a as least_after, max(e.micro) over a as most_after
      from evened e
      where e.id in (select s.id from stepped s where s.micro < s.p_micro)
      window b as (partition by e.id order by e.at
          range between interval '1 hour' preceding and current row exclude current row),
        a as (partition by e.id order by e.at
          range between current row and interval '1 hour' following exclude current row)) o
    where (o.least_before <= o.least_after and o.least_after < o.micro)
      or (o.micro < o.most_before and o.most_before <= o.most_after)),
  judged as (
    select s.id, s.at, s.micro, s.quality, s.p_at, s.p_micro, s.p_quality, s.odd,
      -- A fall is a roll-over where the way around is short enough for the time.
      s.micro < s.p_micro and not s.odd and not s.p_odd and i.width is not null
        and energy_is_possible(s.micro + i.width - s.p_micro, s.at - s.p_at, i.per_hour) as rolled,
      s.odd or s.p_odd or s.micro < s.p_micro as broken,
      i.width
    from (
      select s.*, o.at is not null as odd,
        coalesce(lag(o.at is not null) over (partition by s.id order by s.at), false) as p_odd
      from stepped s left join odd o on o.id = s.id and o.at = s.at) s
    join span i on i.id = s.id),
  counted as (
    select j.*, sum(case when j.rolled then 1 else 0 end)
      over (partition by j.id order by j.at) as rolls
    from judged j),
  -- The register at every quarter and at the ends of installations.
  boundary as (
    select c.id, c.at, c.micro, c.quality, c.rolls, c.odd as bad, c.at as first_at, c.at as last_at
    from counted c join span i on i.id = c.id
    where c.at = date_bin(quarter, c.at, 'epoch') or c.at in (i.valid_from, i.valid_to)
    union all
    select c.id, g.at, m.micro - case when m.past then c.width else 0 end,
      worse_quality(2::smallint, worse_quality(c.quality, c.p_quality)),
      c.rolls - case when c.rolled and not m.past then 1 else 0 end,
      c.broken and not coalesce(c.rolled, false), c.p_at, c.at
    from counted c
    join span i on i.id = c.id
    cross join lateral (
      select t.at from generate_series(date_bin(quarter, c.p_at, 'epoch') + quarter,
        c.at - interval '1 microsecond', quarter) as t (at)
      union select t.at from (values (i.valid_from), (i.valid_to)) as t (at)
        where t.at > c.p_at and t.at < c.at) g
    cross join lateral (
      select c.p_micro + div(
        (c.micro + case when c.rolled then c.width else 0 end - c.p_micro)::numeric
          * (extract(epoch from g.at - c.p_at) * 1000)::bigint,
        (extract(epoch from c.at - c.p_at) * 1000)::bigint)::bigint as micro) v
    cross join lateral (
      select v.micro, coalesce(c.rolled and v.micro >= c.width, false) as past) m
    where c.at - c.p_at <= apart and c.at > c.p_at),
  step as (
    select b.id, i.usage_point_id, i.meter_id,
      date_bin(quarter, b.at - interval '1 microsecond', 'epoch') + quarter as ends_at,
      primary_energy(b.micro, i.numerator, i.denominator)
        - primary_energy(b.before_micro, i.numerator, i.denominator)
        + case when b.rolls = b.before_rolls then 0
          else (b.rolls - b.before_rolls)::bigint
            * primary_energy(i.width, i.numerator, i.denominator) end as energy,
      worse_quality(b.quality, b.before_quality) as quality,
      b.bad or b.before_bad
        or b.micro < b.before_micro and b.rolls = b.before_rolls as fallen,
      energy_is_possible(b.micro - b.before_micro
          + case when b.rolls = b.before_rolls then 0 else (b.rolls - b.before_rolls)::bigint * i.width end,
        b.at - b.before_at, i.per_hour) as possible,
      array[b.before_first_at, b.before_last_at, b.first_at, b.last_at] as rests_on
    from (
      select b.*, lag(b.at) over w as before_at, lag(b.micro) over w as before_micro,
        lag(b.quality) over w as before_quality, lag(b.rolls) over w as before_rolls,
        lag(b.bad) over w as before_bad, lag(b.first_at) over w as before_first_at,
        lag(b.last_at) over w as before_last_at
      from boundary b window w as (partition by b.id order by b.at)) b
    join span i on i.id = b.id
    where b.before_at >= date_bin(quarter, b.at - interval '1 microsecond', 'epoch')
      and b.at > usage_interval.from_at and b.at <= usage_interval.to_at
      and b.before_at >= i.valid_from and b.at <= i.valid_to),
  -- Where more came than can have flown, values are compared with those of a day and a bit: a dip
  -- of hours recovers with a leap.
  leapt as materialized (
    select s.id, s.meter_id, min(s.rests_on[1]) as first_at, max(s.rests_on[4]) as last_at
    from step s where not s.possible and not s.fallen group by s.id, s.meter_id),
  wide as (
    select l.id, r.measured_at as at, r.micro, r.scale
    from (select array_agg(distinct meter_id) as meters, min(first_at) as first_at,
        max(last_at) as last_at from leapt having count(*) > 0) d
    cross join lateral register_points(d.meters, usage_interval.register,
      d.first_at - interval '28 hours', d.last_at + interval '28 hours') r
    join leapt l on l.meter_id = r.meter_id
    join span i on i.id = l.id and r.measured_at >= i.stays_from and r.measured_at <= i.stays_to
    where not exists (select from ends e where e.id = l.id and e.at = r.measured_at)
    union all
    select e.id, e.at, e.micro, e.scale from ends e where e.id in (select l.id from leapt l)),
  widely_odd as materialized (
    select o.id, o.at from (
      select e.id, e.at, e.micro,
        min(e.micro) over b as least_before, max(e.micro) over b as most_before,
        min(e.micro) over a as least_after, max(e.micro) over a as most_after
      from (
        select w.id, w.at,
          case when w.p_micro > w.micro and w.p_scale <> w.scale and w.at - w.p_at <= apart
            and w.p_micro - w.micro < 10::numeric ^ (6 - least(w.p_scale, w.scale))
            then w.p_micro else w.micro end as micro
        from (select w.*, lag(w.at) over v as p_at, lag(w.micro) over v as p_micro,
            lag(w.scale) over v as p_scale
          from wide w window v as (partition by w.id order by w.at)) w) e
      window b as (partition by e.id order by e.at
          range between interval '26 hours' preceding and current row exclude current row),
        a as (partition by e.id order by e.at
          range between current row and interval '26 hours' following exclude current row)) o
    where (o.least_before <= o.least_after and o.least_after < o.micro)
      or (o.micro < o.most_before and o.most_before <= o.most_after)),
  part as (
    select s.usage_point_id, s.ends_at, s.energy, s.quality,
      s.fallen or not s.possible and exists (
        select from widely_odd o where o.id = s.id and o.at = any(s.rests_on)) as fallen
    from step s),
  -- Quarters in which something was put up or taken down have a part of each installation.
  shared as (
    select q.usage_point_id, q.ends_at, count(*) as parts
    from (
      select distinct s.usage_point_id, date_bin(quarter, t.at, 'epoch') + quarter as ends_at
      from span s cross join lateral (values (s.valid_from), (s.valid_to)) as t (at)
      where isfinite(t.at) and t.at <> date_bin(quarter, t.at, 'epoch')
        and t.at between usage_interval.from_at and usage_interval.to_at) q
    join span s on s.usage_point_id = q.usage_point_id
      and s.valid_from < q.ends_at and s.valid_to > q.ends_at - quarter
    group by q.usage_point_id, q.ends_at)
  select m.usage_point_id, m.at,
    primary_energy(m.micro, m.numerator, m.denominator)
      - primary_energy(m.before_micro, m.numerator, m.denominator),
    worse_quality(m.quality, m.before_quality)
  from marked m
  where m.plain and m.at - m.before_at = quarter
    and m.before_at >= usage_interval.from_at and m.at <= usage_interval.to_at
  union all
  select p.usage_point_id, p.ends_at, sum(p.energy)::bigint,
    case when count(*) < coalesce(min(s.parts), 1)
        or bool_or(p.quality = 4) then 4 else max(p.quality) end::smallint
  from part p left join shared s
    on s.usage_point_id = p.usage_point_id and s.ends_at = p.ends_at
  where p.ends_at <= usage_interval.to_at
    and p.ends_at - quarter >= usage_interval.from_at
  group by p.usage_point_id, p.ends_at
  having not bool_or(p.fallen);
end $$;
