-- what has arrived of an upload, piece by piece: each PATCH is an object of its own until the upload is complete, so that
-- any process continues what another began, and a bucket's smallest part is nobody's business
create table upload_piece (
  upload text collate "C" not null,
  at     bigint  not null,       -- where it begins
  bytes  bigint  not null,
  object text collate "C" not null,       -- its name among the parts
  primary key (upload, at)
);

-- blobs that the rows promise and the folder or bucket does not have as promised: asked for again from the phones
create table blob_loss (
  hash     bytea   primary key,
  kind     text collate "C" not null,     -- missing, damaged
  found_at bigint  not null
);

-- when the last scrub held rows and blobs against each other, and what it saw
create table scrub (
  one       bigint  primary key check (one = 1),
  at        bigint  not null,
  blobs     bigint  not null,    -- rows looked at
  losses    bigint  not null,    -- of them missing or damaged
  strays    bigint  not null,    -- files without a row
  removed   bigint  not null     -- of them removed, because they were old
);
