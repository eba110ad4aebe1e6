-- When this phone first heard of a task, for "今天新到 3 件". What it knew before this was written down is not new.
create table heard (
  task text primary key,
  at   integer not null
) strict, without rowid;
insert into heard (task, at) select id, 0 from reference where kind = 'task';
