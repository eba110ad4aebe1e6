-- What sync needs: the log of changes (the truth), the feeds, the catalogue, devices, reference rows, blobs.
-- Everything in V2 can be rebuilt from here. Ids and hashes are blobs of 16 and 32 bytes; instants are
-- milliseconds since 1970 UTC. Columns are added later, never dropped, and never change their meaning.

-- one row: which life of the store this is
create table server (
  one           integer primary key check (one = 1),
  epoch_counter integer not null,  -- counts restores; phones refuse a lower one
  epoch_nonce   blob    not null   -- 8 bytes; tells two restores of one backup apart
);

-- numbers that only grow: the version of the reference rows, the case numbers of a day
create table counter (
  name  text primary key,
  value integer not null
) without rowid;

-- an enrolled phone; the server process that edits for the console has a row too
create table device (
  id          blob primary key,
  worker      blob    not null,  -- whose acts it may sign; one phone, one person
  role        text    not null,  -- the worker's role at enrolment; work done in it stays valid after a change of role
  public_key  blob    not null,  -- ed25519; zeros for the server's own and for the history of the demo street
  app         text    not null,  -- version that enrolled, for support
  enrolled_at integer not null,
  revoked_at  integer,           -- lost or withdrawn: it may still deliver, into quarantine, but reads nothing
  seen_at     integer            -- last upload, for the list of devices
);

-- one-time codes: ten minutes, one use, five tries; only the hash of the secret half is kept
create table enrol_code (
  id          text primary key,  -- public half, so that tries can be counted
  secret_hash blob    not null,  -- sha-256 of the secret half (128 random bits, so no slow hash is needed)
  worker      blob    not null,  -- for whom
  made_at     integer not null,
  expires_at  integer not null,
  tries       integer not null default 0,
  used_at     integer,           -- set in the transaction that makes the device
  device      blob               -- which phone used it
);

-- bearer tokens; scope is not in them, it is asked of the registry at every request
create table token (
  hash       blob primary key,   -- sha-256 of the 256 random bits that the phone holds
  device     blob    not null references device (id),
  expires_at integer not null
);
create index token_device on token (device);

-- what devices signed, as evidence of authorship
create table envelope (
  hash        blob primary key,  -- sha-256 of bytes
  device      blob    not null,
  number      integer not null,  -- 1, 2, 3 … per device
  previous    blob    not null,  -- hash of the device's envelope before
  chain       text    not null,  -- next, gap or fork: how it continues the one before; recorded, not fatal
  bytes       blob    not null,  -- exactly what was signed
  signature   blob    not null,
  received_at integer not null
);
create index envelope_device on envelope (device, number);

-- the catalogue: which documents there are, and in which partition they live
create table document (
  id       blob primary key,
  kind     integer not null,     -- DocumentKind; unknown kinds of newer apps are kept and forwarded
  grid     blob    not null,     -- the server decides, not the document
  class    integer not null,     -- access class: 0 general, 1 care
  snapshot blob,                 -- uncompressed save of what is published; a cache, checked on load
  revision integer not null default 0,  -- counts publications, so that a merge notices another one
  attempts integer not null default 0,  -- merges begun since the last success; a killer of the process shows here
  quarantined text,              -- why merging stopped, for a person to look at
  erased_at integer              -- erased: its id never comes back
);
create index document_partition on document (grid, class);

-- the log: raw, uncompressed automerge changes. Appended, never altered; `state` alone moves forward.
create table change (
  sequence    integer primary key autoincrement,  -- order of arrival
  hash        blob    not null unique,
  document    blob    not null references document (id),
  actor       blob    not null,
  seq         integer not null,  -- the actor's own numbering
  bytes       blob    not null,
  state       text    not null check (state in ('held', 'logged', 'published', 'quarantined')),
                                 -- held: a dependency is missing; logged: durable; published: in the feed
  quarantined text,              -- why it does not merge, for a person to look at
  device      blob    not null,  -- who brought it
  worker      blob    not null,  -- whose act it is, by the device's signature
  envelope    blob,              -- which envelope signed it; none for the server's own
  number      integer,           -- the envelope's number and the index in it: how the feed names a
  place       integer,           -- change to the phone that brought it
  received_at integer not null
);
-- a fork never gets in; two held changes may claim one number until one of them is let in
create unique index change_actor on change (document, actor, seq) where state <> 'held';
create index change_held_actor on change (document, actor, seq) where state = 'held';
create index change_held_device on change (device) where state = 'held';
-- everything of one document, in order; partial indexes serve only queries that repeat their condition
create index change_document on change (document, sequence);
create index change_waiting on change (document) where state = 'logged';

-- a partition is a grid and an access class; the row is the lock under which positions are given out
create table partition (
  grid   blob    not null,
  class  integer not null,
  tip    integer not null,       -- last position given out
  digest blob    not null,       -- running digest at the tip
  primary key (grid, class)
) without rowid;

-- the feed: what phones read, gap-free per partition
create table feed (
  grid     blob    not null,
  class    integer not null,
  position integer not null,
  change   integer not null references change (sequence),
  digest   blob    not null,     -- running digest at this position, so that no answer depends on a moving tip
  primary key (grid, class, position)
) without rowid;
create unique index feed_change on feed (change);

-- what was refused or came from a revoked device: not taken, not lost, for a person to look at
create table evidence (
  hash        blob    not null,  -- of bytes
  code        text    not null,  -- why
  document    blob    not null,  -- which document it says it is of
  device      blob    not null,
  worker      blob    not null,
  bytes       blob    not null,
  envelope    blob,
  received_at integer not null,
  primary key (hash, device, code)
);
create index evidence_device on evidence (device);

-- reference rows: the server owns them, phones read them. One version per row, so that any cut is a valid page.
create table reference (
  kind    text    not null,
  id      text    not null,
  version integer not null unique,
  grid    blob,                  -- only readers of this grid get it; none means everybody
  json    text,                  -- none: withdrawn
  primary key (kind, id)
);

-- photos, thumbnails and shared lines, named by their hash; the bytes are files in the blob folder
create table blob (
  hash        blob primary key,
  bytes       integer not null,
  media       text    not null,  -- decided by looking at the bytes, never by what was said about them
  received_at integer not null,
  device      blob               -- who brought it
);

-- resumable uploads that are not finished; the offset is the length of the part file
create table upload (
  id      text primary key,      -- 128 random bits in hex
  hash    blob    not null,      -- what the bytes must hash to
  length  integer not null,
  device  blob    not null,      -- nobody else may continue it
  made_at integer not null       -- swept after a week
);
create unique index upload_once on upload (device, hash);
