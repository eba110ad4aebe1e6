-- 关爱对象: what the registry keeps of care plans. No words of theirs are here: details of needs, notes, contacts, names and
-- safety hints stay in documents of the class that only the grid's worker, lead and secretary read.

create table care_plan (
  id              text collate "C" primary key,
  grid            text collate "C" not null,
  household       text collate "C" not null,
  person          text collate "C",                -- the resident, if one is named
  level           text collate "C" not null,       -- first, second, third: of several at once the most urgent
  level_differs   bigint  not null,    -- people set different levels, and nobody has decided yet
  types           text collate "C" not null,       -- JSON list of codes
  consent         text collate "C" not null,       -- pending, given, withdrawn; a withdrawal wins over everything
  consent_expires text collate "C",                -- last day, while it is given
  begun_at        text collate "C" not null,
  last_seen_at    text collate "C",
  closed_at       text collate "C",
  needs_open      bigint  not null,
  support         bigint  not null,    -- how often somebody helped, as far as it counts
  view            text collate "C" not null        -- the whole of it as JSON (CareView), without its words
);
create index care_plan_grid on care_plan (grid);
create index care_plan_household on care_plan (household);

create table care_support (
  id          text collate "C" primary key,
  plan        text collate "C" not null references care_plan (id) on delete cascade,
  grid        text collate "C" not null,
  by_person   text collate "C" not null,
  kind        text collate "C" not null,
  at          text collate "C" not null,
  recorded_at text collate "C" not null,
  seen        bigint  not null,        -- the person was seen or heard
  overruled   bigint  not null         -- written without knowing that the consent was withdrawn: kept, counts for nothing
);
create index care_support_plan on care_support (plan);

-- who read the words, when and why
create table care_open (
  plan      text collate "C" not null references care_plan (id) on delete cascade,
  number    bigint  not null,          -- from one, oldest first
  by_person text collate "C" not null,
  at        text collate "C" not null,
  reason    text collate "C" not null,
  primary key (plan, number)
);
