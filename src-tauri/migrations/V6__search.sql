-- What search looks in besides reference rows: one row for each household, case and note that can be found. All of it can
-- be made again from the projections (src/search/entry.rs).

create table search_entry (
  number   integer primary key autoincrement, -- grows with every write, so that the copy in memory reads only what is new
  kind     text not null,                     -- household, case, note
  id       blob not null,                     -- of the household, incident or visit
  document blob not null,                     -- whose projection wrote it
  address  text not null,                     -- folded: the door, the place
  folded   text not null,                     -- folded: everything else that it is found by
  title    text not null,
  line     text not null,
  plate    text not null,
  category text,
  at       integer,
  rank     integer not null                   -- lower comes first
) strict;
create unique index search_entry_item on search_entry (document, kind, id);

-- a new choice of the worker's; what an older app stored did not know of it
update fact set value = json_set(value, '$.mask_names', json('false')) where name = 'settings';
