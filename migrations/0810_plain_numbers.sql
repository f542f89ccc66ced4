-- Numbers and codes in full width (１２３) are the same ones in plain digits and letters, and are
-- looked for as such. Of several that mean the same one becomes plain, and none where the plain one
-- exists already: which of them is meant, people must say.
do $$
declare
  wide constant text := '－．／０１２３４５６７８９'
    || 'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ＿ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ';
  plain constant text := '-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
  named record;
begin
  for named in
    select * from (values ('account', 'no', '0'), ('usage_point', 'code', '0'),
      ('grid_node', 'code', 'kind'), ('feeder', 'code', '0'), ('transformer', 'code', '0'),
      ('power_transformer', 'code', '0'), ('contract', 'no', 'id')) t (of_table, of_column, within)
  loop
    execute format(
      'with meant as (
         select id, translate(%2$I, $1, $2) as code,
           row_number() over (partition by %3$s, translate(%2$I, $1, $2)
             order by %2$I <> translate(%2$I, $1, $2), id) as n
         from %1$I)
       update %1$I t set %2$I = m.code from meant m
       where m.id = t.id and m.n = 1 and t.%2$I <> m.code',
      named.of_table, named.of_column,
      case named.within when '0' then '0' else format('%I::text', named.within) end)
    using wide, plain;
  end loop;
end $$;
