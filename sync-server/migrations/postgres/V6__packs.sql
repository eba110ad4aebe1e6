-- Packs: what a phone fetches instead of reading a feed from its start. All of it can be built again; the files lie
-- beside the blobs under their hashes.

create table pack (
  name          bytea   primary key,  -- sha-256 of the manifest
  grid          bytea   not null,
  class         bigint  not null,
  epoch_counter bigint  not null,     -- the life of the store that it was built in; another life offers none of them
  epoch_nonce   bytea   not null,
  position      bigint  not null,     -- the feed goes on behind it
  manifest      bytea   not null,     -- what was signed
  signature     bytea   not null,     -- ed25519 by the server's key
  made_at       bigint  not null,
  superseded_at bigint                -- a newer one is there; kept for a day, because somebody may be fetching it
);
create index pack_partition on pack (grid, class, position);

create table pack_file (
  pack   bytea   not null references pack (name),
  hash   bytea   not null,            -- of its bytes, and its name
  bytes  bigint  not null,
  primary key (pack, hash)
);
create index pack_file_hash on pack_file (hash);
