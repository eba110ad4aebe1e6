-- After the centre lost something: other people's changes leave through the outbox too, under the name of the device that
-- wrote them; and what a verified backup of the centre has, so that this phone knows what it must keep until then.

alter table outbox add column author blob;          -- the device that wrote it; none for this phone's own
alter table outbox add column incarnation integer;  -- of that device's actor

-- of the current epoch; a new one makes all of them void
create table watermark (
  grid     blob not null,
  class    integer not null,
  position integer not null,  -- everything up to here is in a verified backup
  began_at integer not null,  -- when that backup began, by the centre's clock: photos that arrived before are in it
  primary key (grid, class)
) strict, without rowid;
