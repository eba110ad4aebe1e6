-- Documents that leave this phone, because they moved, were erased, or lie in a grid that its worker no longer has.

-- told to leave: purged once every feed has caught up and nothing of them is unsent, tried again after every exchange
create table leaving (
  document blob primary key,
  erased   integer not null                -- 1: it will not come back, in no feed
) strict, without rowid;

-- 1: the document has left this feed since; the name stays, because it counts in the digest
alter table placed add column departed integer not null default 0;

-- sealed files of purged photos, removed after the transaction that let go of them
create table litter (
  file text primary key
) strict, without rowid;

-- what an older app remembered of grids that it had lost is found again by looking: their cursors are gone
delete from fact where name = 'leaving';
