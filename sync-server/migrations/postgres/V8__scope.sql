-- Documents that leave a feed, scope that has an end, and what a person decides about whatever lies in quarantine.

-- the positions of a feed at which no change stands (any more); together with `feed` they are gap-free
create table feed_mark (
  grid     bytea    not null,
  class    bigint  not null,
  position bigint  not null,
  kind     bigint  not null,     -- 2: it left this feed, 3: it was erased
  document bytea    not null,
  change   bytea,                 -- name of the change that stood here, still in the digest; none in the row that says so
  digest   bytea    not null,     -- running digest at this position
  primary key (grid, class, position)
);
create index feed_mark_document on feed_mark (document);

-- a substitute has a grid from one day to another, both included; none means open at that end
alter table person_grid add column from_day text collate "C";
alter table person_grid add column to_day text collate "C";

-- grids that somebody had and lost before their day: what was saved before the phone heard of it is still taken
create table past_grid (
  person     text collate "C"    not null,
  grid       text collate "C"    not null,
  ended_at   bigint  not null,
  general    bigint  not null,   -- tips of the grid's feeds at that moment; a cursor beyond them did not come from there
  care       bigint  not null,
  primary key (person, grid)
);

-- which phones have been told that they lost a partition, and had nothing left to send when they were
create table told (
  device  bytea    not null,
  grid    bytea    not null,
  class   bigint  not null,
  told_at bigint  not null,
  primary key (device, grid, class)
);

-- what a change in quarantine said of its document, to admit it again
alter table evidence add column kind bigint ;
alter table evidence add column grid bytea;
alter table evidence add column class bigint ;
alter table evidence add column incarnation bigint ;
-- what a person decided: released (it was admitted again) or dismissed (it stays where it is and is no longer shown)
alter table evidence add column decision text collate "C";
alter table evidence add column decided_at bigint ;
alter table evidence add column decided_by text collate "C";
alter table evidence add column reason text collate "C";
create index evidence_document on evidence (document);
-- changes and documents that did not merge: why a person will not try again
alter table change add column dismissed text collate "C";
alter table document add column dismissed text collate "C";

-- what was erased, when, and why; the ids stay in the catalogue and are never used again
create table erasure (
  document  bytea    primary key,
  kind      bigint  not null,
  erased_at bigint  not null,
  by_person text collate "C"    not null,    -- or `operator`
  reason    text collate "C"    not null
);
-- files of an erased document that nothing else refers to, removed after the transaction that says so
create table blob_removal (
  hash bytea primary key
);
