-- 更正建议: what a worker found wrong about something that only the centre changes; projected from worker days
create table proposal (
  id           text collate "C" primary key,
  document     text collate "C" not null,         -- the worker day that it stands in
  grid         text collate "C" not null,         -- of that day: its people answer
  worker       text collate "C" not null,
  subject_kind text collate "C" not null,         -- building, door, grid
  subject      text collate "C" not null,         -- id of it
  field        text collate "C" not null,         -- estate, number, storeys, plate, boundary …
  says         text collate "C" not null,         -- what the phone said then; empty when it held nothing
  should       text collate "C" not null,         -- what it should be
  because      text collate "C" not null,
  at           text collate "C" not null
);
create index proposal_grid on proposal (grid, at);
create index proposal_document on proposal (document);

-- what somebody of the centre said to it: a decision, never made again from the log
create table proposal_answer (
  proposal  text collate "C" primary key,
  outcome   text collate "C" not null,            -- accepted, declined
  applied   bigint  not null,         -- 1: the building's row was changed with it
  note      text collate "C",                     -- always there when it was declined
  by_person text collate "C" not null,
  at        text collate "C" not null
);
