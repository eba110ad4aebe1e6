-- What outlives the loss of this store: the key that certifies devices, the seams at which lives of the store were cut,
-- the backups that were made, and who brought back what a backup did not have.

-- one row: what the server signs with (certificates of devices, manifests of packs). It is in every backup, so that a
-- restored server knows the devices that it certified and lost.
create table server_key (
  one    bigint  primary key check (one = 1),
  secret bytea    not null        -- ed25519, 32 bytes
);

-- where a life of the store began in each feed: up to here it has what the life before it had
create table seam (
  epoch_counter bigint  not null, -- of the life that began
  grid          bytea    not null,
  class         bigint  not null,
  position      bigint  not null,
  digest        bytea    not null, -- running digest there
  primary key (epoch_counter, grid, class)
);

-- backups that were begun here; one counts for phones only after it was verified
create table backup (
  number        bigint  primary key, -- 1, 2, 3 …, through all lives
  epoch_counter bigint  not null,
  epoch_nonce   bytea    not null,
  began_at      bigint  not null, -- photos that arrived before are in it
  manifest      bytea,             -- sha-256 of the manifest, once it is complete
  verified_at   bigint            -- somebody decrypted it and every hash fitted
);
create table backup_position (
  number   bigint  not null references backup (number),
  grid     bytea    not null,
  class    bigint  not null,
  position bigint  not null,      -- the tip that is in it
  primary key (number, grid, class)
);

-- signed by the server at enrolment: which worker, role and key; what a phone shows to a server that lost its row
alter table device add column certificate bytea;

-- a change that its own device did not bring: which device held it and offered it again after a restore
alter table change add column offered_by bytea;

-- devices that the ledger outside the store calls revoked, also those whose row was lost with the store
create table revoked (
  device     bytea    primary key,
  revoked_at bigint  not null
);
