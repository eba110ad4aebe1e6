-- What outlives the loss of this store: the key that certifies devices, the seams at which lives of the store were cut,
-- the backups that were made, and who brought back what a backup did not have.

-- one row: what the server signs with (certificates of devices, manifests of packs). It is in every backup, so that a
-- restored server knows the devices that it certified and lost.
create table server_key (
  one    integer primary key check (one = 1),
  secret blob    not null        -- ed25519, 32 bytes
);

-- where a life of the store began in each feed: up to here it has what the life before it had
create table seam (
  epoch_counter integer not null, -- of the life that began
  grid          blob    not null,
  class         integer not null,
  position      integer not null,
  digest        blob    not null, -- running digest there
  primary key (epoch_counter, grid, class)
);

-- backups that were begun here; one counts for phones only after it was verified
create table backup (
  number        integer primary key, -- 1, 2, 3 …, through all lives
  epoch_counter integer not null,
  epoch_nonce   blob    not null,
  began_at      integer not null, -- photos that arrived before are in it
  manifest      blob,             -- sha-256 of the manifest, once it is complete
  verified_at   integer           -- somebody decrypted it and every hash fitted
);
create table backup_position (
  number   integer not null references backup (number),
  grid     blob    not null,
  class    integer not null,
  position integer not null,      -- the tip that is in it
  primary key (number, grid, class)
);

-- signed by the server at enrolment: which worker, role and key; what a phone shows to a server that lost its row
alter table device add column certificate blob;

-- a change that its own device did not bring: which device held it and offered it again after a restore
alter table change add column offered_by blob;

-- devices that the ledger outside the store calls revoked, also those whose row was lost with the store
create table revoked (
  device     blob    primary key,
  revoked_at integer not null
);
