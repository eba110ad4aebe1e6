-- Dwellings that are split or made void leave the lists and keep their history; doors of one address are found by it.

alter table household add column void integer not null default 0;
create index household_void on household (id) where void <> 0;
create index household_door on household (building, void, unit, room, id);
