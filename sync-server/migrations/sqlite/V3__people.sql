-- People of the console: accounts, sessions, and the trail of what they did. Instants are milliseconds since 1970 UTC.

create table account (
  person       text primary key references person (id),
  password     text    not null,  -- argon2id in PHC format; there is no default password
  failures     integer not null default 0,  -- in a row, since the last success
  locked_until integer,           -- five failures lock for a quarter of an hour
  changed_at   integer not null   -- sessions older than this are dead
);

-- a browser that is logged in; only the hash of its cookie is kept
create table session (
  hash    blob primary key,       -- sha-256 of 256 random bits
  person  text    not null references account (person),
  made_at integer not null,       -- ends twelve hours later whatever happens
  seen_at integer not null        -- ends a quarter of an hour after the last request
);
create index session_person on session (person);

-- failed logins per address, so that one address cannot try many names
create table login_failure (
  address text primary key,
  failures integer not null,
  since    integer not null       -- counted anew after a quarter of an hour
);

-- who did what when: logins, denials, exports, opens of restricted data. Rows are added, never changed.
create table audit (
  sequence integer primary key autoincrement,
  at       integer not null,
  subject  text    not null,      -- person id, device id, or the name that was tried
  action   text    not null,
  object   text    not null,
  result   text    not null,      -- done, or the code of the refusal
  address  text    not null
);
create trigger audit_is_never_changed before update on audit begin select raise(abort, 'audit rows are never changed'); end;
create trigger audit_is_never_removed before delete on audit begin select raise(abort, 'audit rows are never removed'); end;
