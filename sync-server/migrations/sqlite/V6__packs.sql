-- Packs: what a phone fetches instead of reading a feed from its start. All of it can be built again; the files lie
-- beside the blobs under their hashes.

create table pack (
  name          blob    primary key,  -- sha-256 of the manifest
  grid          blob    not null,
  class         integer not null,
  epoch_counter integer not null,     -- the life of the store that it was built in; another life offers none of them
  epoch_nonce   blob    not null,
  position      integer not null,     -- the feed goes on behind it
  manifest      blob    not null,     -- what was signed
  signature     blob    not null,     -- ed25519 by the server's key
  made_at       integer not null,
  superseded_at integer               -- a newer one is there; kept for a day, because somebody may be fetching it
);
create index pack_partition on pack (grid, class, position);

create table pack_file (
  pack   blob    not null references pack (name),
  hash   blob    not null,            -- of its bytes, and its name
  bytes  integer not null,
  primary key (pack, hash)
);
create index pack_file_hash on pack_file (hash);
