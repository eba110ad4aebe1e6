-- 场所走访, with what was answered: checks of shops are asked for by day and grid like visits to doors
alter table place add column address text collate "C";

create table place_visit (
  id          text collate "C" primary key,
  place       text collate "C" not null,
  grid        text collate "C" not null,
  by_person   text collate "C" not null,
  outcome     text collate "C" not null,
  started_at  text collate "C" not null,         -- what the worker says
  ended_at    text collate "C" not null,
  recorded_at text collate "C" not null,         -- the phone's clock, corrected
  checklist   text collate "C",                  -- kind/version
  failed      bigint  not null,      -- items that were found wanting
  answers     text collate "C" not null,         -- JSON list
  leaflets    text collate "C" not null,         -- JSON list of codes
  request     text collate "C",                  -- 企业诉求
  note        text collate "C",
  next_due    text collate "C",
  amendments  text collate "C" not null          -- JSON list
);
create index place_visit_grid_day on place_visit (grid, started_at);
create index place_visit_place on place_visit (place);
