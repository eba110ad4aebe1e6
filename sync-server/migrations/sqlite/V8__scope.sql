-- Documents that leave a feed, scope that has an end, and what a person decides about whatever lies in quarantine.

-- the positions of a feed at which no change stands (any more); together with `feed` they are gap-free
create table feed_mark (
  grid     blob    not null,
  class    integer not null,
  position integer not null,
  kind     integer not null,     -- 2: it left this feed, 3: it was erased
  document blob    not null,
  change   blob,                 -- name of the change that stood here, still in the digest; none in the row that says so
  digest   blob    not null,     -- running digest at this position
  primary key (grid, class, position)
);
create index feed_mark_document on feed_mark (document);

-- a substitute has a grid from one day to another, both included; none means open at that end
alter table person_grid add column from_day text;
alter table person_grid add column to_day text;

-- grids that somebody had and lost before their day: what was saved before the phone heard of it is still taken
create table past_grid (
  person     text    not null,
  grid       text    not null,
  ended_at   integer not null,
  general    integer not null,   -- tips of the grid's feeds at that moment; a cursor beyond them did not come from there
  care       integer not null,
  primary key (person, grid)
);

-- which phones have been told that they lost a partition, and had nothing left to send when they were
create table told (
  device  blob    not null,
  grid    blob    not null,
  class   integer not null,
  told_at integer not null,
  primary key (device, grid, class)
);

-- what a change in quarantine said of its document, to admit it again
alter table evidence add column kind integer;
alter table evidence add column grid blob;
alter table evidence add column class integer;
alter table evidence add column incarnation integer;
-- what a person decided: released (it was admitted again) or dismissed (it stays where it is and is no longer shown)
alter table evidence add column decision text;
alter table evidence add column decided_at integer;
alter table evidence add column decided_by text;
alter table evidence add column reason text;
create index evidence_document on evidence (document);
-- changes and documents that did not merge: why a person will not try again
alter table change add column dismissed text;
alter table document add column dismissed text;

-- what was erased, when, and why; the ids stay in the catalogue and are never used again
create table erasure (
  document  blob    primary key,
  kind      integer not null,
  erased_at integer not null,
  by_person text    not null,    -- or `operator`
  reason    text    not null
);
-- files of an erased document that nothing else refers to, removed after the transaction that says so
create table blob_removal (
  hash blob primary key
);
