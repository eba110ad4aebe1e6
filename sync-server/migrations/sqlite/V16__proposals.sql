-- 更正建议: what a worker found wrong about something that only the centre changes; projected from worker days
create table proposal (
  id           text primary key,
  document     text not null,         -- the worker day that it stands in
  grid         text not null,         -- of that day: its people answer
  worker       text not null,
  subject_kind text not null,         -- building, door, grid
  subject      text not null,         -- id of it
  field        text not null,         -- estate, number, storeys, plate, boundary …
  says         text not null,         -- what the phone said then; empty when it held nothing
  should       text not null,         -- what it should be
  because      text not null,
  at           text not null
);
create index proposal_grid on proposal (grid, at);
create index proposal_document on proposal (document);

-- what somebody of the centre said to it: a decision, never made again from the log
create table proposal_answer (
  proposal  text primary key,
  outcome   text not null,            -- accepted, declined
  applied   integer not null,         -- 1: the building's row was changed with it
  note      text,                     -- always there when it was declined
  by_person text not null,
  at        text not null
);
