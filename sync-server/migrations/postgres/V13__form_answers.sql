-- 采集表: what was answered at which door, one row for each value of a column. An office reads it from here and asks nobody
-- twice.
create table form_answer (
  household   text collate "C" not null,
  grid        text collate "C" not null,
  form        text collate "C" not null,         -- its code
  version     bigint  not null,      -- answers to an older version stay under it
  round       text collate "C" not null,         -- 2026-09
  field       text collate "C" not null,         -- the column's key
  value       text collate "C" not null,         -- JSON: type and value
  unchanged   bigint  not null,      -- 1: nobody was asked, what was known stood
  as_of       text collate "C" not null,         -- since when it is known
  by_person   text collate "C" not null,
  recorded_at text collate "C" not null,         -- the phone's clock, corrected
  differs     bigint  not null       -- 1: two people said different things of this column, each a row
);
create index form_answer_household on form_answer (household);
create index form_answer_grid_day on form_answer (grid, recorded_at);
