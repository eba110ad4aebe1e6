-- what a phone brought today is asked at every upload
create index blob_device on blob (device, received_at);

-- blobs that no record names, since when a scrub has seen that; named again they leave this table, and a month later the store
create table blob_unnamed (
  hash  bytea    primary key,
  since bigint  not null
);

-- photos and voice notes that a record names and that have not arrived, since when the record is here
create table photo_awaited (
  hash  text collate "C" primary key,
  since bigint  not null
);
-- of the records that are here already nobody knows any more: from now on
insert into photo_awaited (hash, since)
  select distinct hash, cast(extract(epoch from now()) * 1000 as bigint) from photo
  where kind <> 'line' and hash not in (select encode(hash, 'hex') from blob);
