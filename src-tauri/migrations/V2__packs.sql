-- A first sync as a file (core/src/sync/PROTOCOL.md, "Packs"). All of it is empty again once a pack was unpacked into the
-- log; what is refused stays as a word that its feed is to be read instead.

create table pack (
  grid     blob not null,
  class    integer not null,
  name     blob not null,                  -- hash of the manifest
  manifest blob not null,                  -- as the server signed it
  standing text not null check (standing in ('coming', 'here', 'refused')),
  -- coming: frames are missing; here: all are stored and the cursor stands behind it; refused: the feed is read instead
  digest   blob not null,                  -- sum of the changes unpacked so far
  at       integer not null,               -- when it was offered
  primary key (grid, class)
) strict, without rowid;

-- frames that are stored
create table pack_frame (
  file   blob not null,
  number integer not null,
  primary key (file, number)
) strict, without rowid;

-- documents as they came, scanned; taken out of here one by one when nobody waits, or as soon as somebody needs one
create table pack_document (
  number   integer primary key,
  document blob not null unique,
  grid     blob not null,
  class    integer not null,
  pack     blob not null,
  bytes    blob not null                   -- core::sync::pack::read::PackedDocument
) strict;
create index pack_document_pack on pack_document (pack);

-- rows of projections that came before their document
create table pack_early (
  document blob primary key,
  grid     blob not null,
  class    integer not null
) strict, without rowid;
