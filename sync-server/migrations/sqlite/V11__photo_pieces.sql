-- what has arrived of an upload, piece by piece: each PATCH is an object of its own until the upload is complete, so that
-- any process continues what another began, and a bucket's smallest part is nobody's business
create table upload_piece (
  upload text    not null,
  at     integer not null,       -- where it begins
  bytes  integer not null,
  object text    not null,       -- its name among the parts
  primary key (upload, at)
) without rowid;

-- blobs that the rows promise and the folder or bucket does not have as promised: asked for again from the phones
create table blob_loss (
  hash     blob    primary key,
  kind     text    not null,     -- missing, damaged
  found_at integer not null
) without rowid;

-- when the last scrub held rows and blobs against each other, and what it saw
create table scrub (
  one       integer primary key check (one = 1),
  at        integer not null,
  blobs     integer not null,    -- rows looked at
  losses    integer not null,    -- of them missing or damaged
  strays    integer not null,    -- files without a row
  removed   integer not null     -- of them removed, because they were old
);
