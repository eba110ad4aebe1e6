-- 关爱对象: what the registry keeps of care plans. No words of theirs are here: details of needs, notes, contacts, names and
-- safety hints stay in documents of the class that only the grid's worker, lead and secretary read.

create table care_plan (
  id              text primary key,
  grid            text not null,
  household       text not null,
  person          text,                -- the resident, if one is named
  level           text not null,       -- first, second, third: of several at once the most urgent
  level_differs   integer not null,    -- people set different levels, and nobody has decided yet
  types           text not null,       -- JSON list of codes
  consent         text not null,       -- pending, given, withdrawn; a withdrawal wins over everything
  consent_expires text,                -- last day, while it is given
  begun_at        text not null,
  last_seen_at    text,
  closed_at       text,
  needs_open      integer not null,
  support         integer not null,    -- how often somebody helped, as far as it counts
  view            text not null        -- the whole of it as JSON (CareView), without its words
);
create index care_plan_grid on care_plan (grid);
create index care_plan_household on care_plan (household);

create table care_support (
  id          text primary key,
  plan        text not null references care_plan (id) on delete cascade,
  grid        text not null,
  by_person   text not null,
  kind        text not null,
  at          text not null,
  recorded_at text not null,
  seen        integer not null,        -- the person was seen or heard
  overruled   integer not null         -- written without knowing that the consent was withdrawn: kept, counts for nothing
);
create index care_support_plan on care_support (plan);

-- who read the words, when and why
create table care_open (
  plan      text not null references care_plan (id) on delete cascade,
  number    integer not null,          -- from one, oldest first
  by_person text not null,
  at        text not null,
  reason    text not null,
  primary key (plan, number)
) without rowid;
