-- Dwellings that were split or made void 已注销: they keep their rows and their history, and count nowhere.

alter table household add column void integer not null default 0;
alter table household add column part_of text;    -- the dwelling that it was a piece of

-- What opens a phone whose PIN was forgotten, given out for a one-time code of its worker. It opens nothing without that
-- phone: its own secret is needed as well.
create table device_recovery (
  device blob primary key references device (id),
  secret blob not null,     -- 32 random bytes, made by the phone
  at     integer not null
) without rowid;
