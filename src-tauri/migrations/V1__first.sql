-- One file, encrypted as a whole. The log of changes and the edits are the truth; everything below the line can be
-- made again from them. Ids and hashes are blobs of 16 and 32 bytes, times are milliseconds since 1970 UTC.

-- small facts about this phone, each one value: worker, server, epoch, clock offset, settings …
create table fact (
  name  text primary key,
  value text not null
) strict, without rowid;

-- every document of which a change is held
create table document (
  id          blob primary key,
  kind        integer not null,
  grid        blob not null,               -- with `class` the partition it was created in
  class       integer not null,
  incarnation integer not null default 1,  -- of this phone's actor in it; grows when an actor is retired
  snapshot    blob,                        -- Document::save() of the changes marked `snapshotted`
  stale       integer not null default 0,  -- 1: changes arrived that no projection shows; 2: it cannot be read, see `unreadable`
  unreadable  text                         -- why, for the operator
) strict, without rowid;
create index document_stale on document (stale) where stale = 1;

-- the log: raw, uncompressed Automerge changes, named by their hash
create table change (
  number      integer primary key,         -- order of arrival on this phone
  hash        blob not null unique,
  document    blob not null,
  actor       blob not null,
  seq         integer not null,
  bytes       blob not null,
  own         integer not null,            -- this installation wrote it
  incarnation integer not null default 0,  -- of the actor, for own changes
  standing    text not null check (standing in ('waiting', 'stored', 'retired')),
  -- waiting: own, not acknowledged; stored: the server has it; retired: refused, or built on a refused one. Never deleted.
  snapshotted integer not null default 0
) strict;
create index change_document on change (document, number);

-- what people did, as values: kept whole until the server accepted the change, so that it can be applied again
create table edit (
  number     integer primary key,
  change     blob,                         -- the change that carries it now; none when it could not be applied again
  document   blob not null,
  noun       text not null,                -- visit, household_edit, incident, incident_event, patrol, hit, finding, patrol_edit, task
  item       text not null,                -- id of the visit, incident, event …
  record     text not null,                -- edits with the same word are one record for the person who made them
  title      text not null,                -- the door, the local number, the plan: what the worker calls it
  act        text not null,
  value      text,                         -- JSON of `Edit`; dropped once accepted
  at         integer not null,
  bytes      integer not null,
  standing   text not null check (standing in ('waiting', 'stored', 'refused')),
  code       text,                         -- why it was refused
  tries      integer not null default 1,   -- how often it was applied
  arrived_at integer                       -- when its receipt came
) strict;
create index edit_document on edit (document, number);
create index edit_item on edit (item);
create unique index edit_change on edit (change) where change is not null;

-- own changes without a receipt, in the order in which they leave
create table outbox (
  number integer primary key,
  hash   blob not null unique
) strict;

-- small blobs that travel with the change that refers to them: thumbnails and shared lines
create table record_blob (
  hash     blob primary key,
  bytes    blob not null,
  standing text not null check (standing in ('waiting', 'stored'))
) strict, without rowid;
create table change_blob (
  change blob not null,
  blob   blob not null,
  primary key (change, blob)
) strict, without rowid;

-- envelopes: what this device signed, chained; `sent` resolves "your change 3 of envelope 17"
create table envelope (
  number    integer primary key,
  hash      blob not null,
  bytes     blob not null,
  signature blob not null,
  answered  integer not null default 0
) strict;
create table sent (
  envelope integer not null,
  place    integer not null,
  hash     blob not null,
  primary key (envelope, place)
) strict, without rowid;

-- how far each feed was read, and where each change stands in it
create table cursor (
  grid     blob not null,
  class    integer not null,
  position integer not null,
  digest   blob not null,
  primary key (grid, class)
) strict, without rowid;
create table placed (
  grid     blob not null,
  class    integer not null,
  position integer not null,
  hash     blob not null,
  primary key (grid, class, position)
) strict, without rowid;
create index placed_hash on placed (hash);

-- what the scanner refused, and what a newer server said: kept, never read here
create table quarantine (
  hash     blob primary key,
  document blob not null,
  code     text not null,
  bytes    blob not null
) strict, without rowid;
create table unknown_row (
  grid     blob not null,
  class    integer not null,
  position integer not null,
  bytes    blob not null,
  primary key (grid, class, position)
) strict, without rowid;

-- versioned rows that the server owns: JSON of core::reference
create table reference (
  kind text not null,
  id   text not null,
  json text not null,
  primary key (kind, id)
) strict, without rowid;

-- half-written forms
create table draft (
  key  text primary key,
  json text not null,
  at   integer not null
) strict, without rowid;

-- photos with their sealed file on this phone
create table photo (
  hash       blob primary key,
  thumbnail  blob not null,
  stage      text not null,
  taken_at   integer not null,
  position   text,                          -- JSON of Position; dropped with the photo
  width      integer not null,
  height     integer not null,
  bytes      integer not null,
  file       text,                          -- sealed, relative to the data directory; none once cleared
  document   blob,                          -- the record that refers to it; until then nothing is sent
  title      text not null default '',
  severity   integer,                       -- most urgent first
  added_at   integer not null,
  standing   text not null check (standing in ('kept', 'waiting', 'stored', 'refused')),
  code       text,
  upload     text,                          -- where the resumable upload goes on
  sent       integer not null default 0,    -- bytes that the server has confirmed
  arrived_at integer
) strict, without rowid;
create index photo_standing on photo (standing, severity, bytes);

-- the raw way of a patrol; it never leaves the phone
create table track_point (
  patrol   blob not null,
  at       integer not null,
  lon      real not null,
  lat      real not null,
  accuracy real not null,
  mock     integer not null default 0,
  primary key (patrol, at)
) strict, without rowid;

------------------------------------------------------------------------------------------------ projections

create table household (
  id              blob primary key,
  building        blob not null,
  unit            text not null,
  room            text not null,
  floor           integer,
  name            text not null,
  size            integer,
  phone_masked    text not null,
  folded          text not null,            -- what search looks in, see search.rs
  last_visit_at   integer,
  last_outcome    text,
  last_visit_by   blob,
  no_entry_until  text,
  vacant          integer not null,
  conflicts       integer not null,
  view            text not null             -- JSON of HouseholdView
) strict;

create table incident (
  id          blob primary key,
  grid        blob not null,
  household   blob,
  category    text not null,
  state       text not null,
  reported_by blob not null,
  reported_at integer not null,
  lon         real,
  lat         real,
  view        text not null                 -- JSON of IncidentView
) strict;
create index incident_household on incident (household) where household is not null;

create table patrol (
  id         blob primary key,
  leader     blob not null,
  started_at integer not null,
  ended_at   integer,
  view       text not null                  -- JSON of PatrolView
) strict;

-- which record settled a task
create table task_done (
  task     blob not null,
  document blob not null,
  at       integer not null,
  primary key (task, document)
) strict, without rowid;
create index task_done_document on task_done (document);
