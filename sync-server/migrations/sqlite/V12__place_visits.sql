-- 场所走访, with what was answered: checks of shops are asked for by day and grid like visits to doors
alter table place add column address text;

create table place_visit (
  id          text primary key,
  place       text not null,
  grid        text not null,
  by_person   text not null,
  outcome     text not null,
  started_at  text not null,         -- what the worker says
  ended_at    text not null,
  recorded_at text not null,         -- the phone's clock, corrected
  checklist   text,                  -- kind/version
  failed      integer not null,      -- items that were found wanting
  answers     text not null,         -- JSON list
  leaflets    text not null,         -- JSON list of codes
  request     text,                  -- 企业诉求
  note        text,
  next_due    text,
  amendments  text not null          -- JSON list
);
create index place_visit_grid_day on place_visit (grid, started_at);
create index place_visit_place on place_visit (place);
