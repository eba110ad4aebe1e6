-- The registry: what other systems and the console read. Every row is projected from merged documents or from
-- reference rows and can be rebuilt; nothing is stored only here. Ids are text as printed, instants are RFC 3339 UTC
-- with milliseconds (they sort as text), days are YYYY-MM-DD in Shanghai. REGISTRY.md explains each table.

create table grid (
  id             text primary key,
  code           text not null,      -- 网格编码, 15 digits
  name           text not null,      -- 梧桐-03
  community_code text not null,
  community_name text not null,
  exclusive      integer not null,   -- 专属网格: places only
  json           text not null       -- boundary and checkpoints, as phones get them
);

create table building (
  id            text primary key,
  grid          text not null references grid (id),
  estate        text not null,       -- 听雨苑
  number        text not null,       -- 3幢
  storeys       integer not null,
  walking_order integer not null,
  lon           real not null,       -- WGS-84
  lat           real not null
);
create index building_grid on building (grid);

create table department (
  id   text primary key,
  name text not null
);

-- colleagues, never residents
create table person (
  id         text primary key,
  login      text unique,            -- how the command line and the login name them
  name       text not null,
  role       text not null,          -- codes of domain.md §3.2
  department text references department (id)
);

-- scope, asked at every request
create table person_grid (
  person text not null references person (id),
  grid   text not null references grid (id),
  primary key (person, grid)
) without rowid;

create table category (
  code       text primary key,       -- F01001
  group_zh   text not null,
  group_en   text not null,
  name_zh    text not null,
  name_en    text not null,
  level      integer not null,       -- usual severity
  on_site    integer not null,
  frequent   integer not null,
  department text references department (id)
);

create table household (
  id             text primary key,
  grid           text not null,
  building       text not null,
  unit           text not null,      -- as written on the door
  room           text not null,
  no_entry_until text,               -- a refusal that stands; it outlives every merge
  last_visit_at  text,               -- any outcome
  last_outcome   text,
  visits         integer not null,
  conflicts      integer not null,   -- fields with more than one value, for a person to settle
  view           text not null       -- the whole of it as JSON (HouseholdView)
);
create index household_grid on household (grid);

-- every value that nobody has overruled: two rows of one field are a conflict
create table household_field (
  household text not null references household (id) on delete cascade,
  field     text not null,
  value     text not null,           -- JSON
  by_person text not null,
  at        text not null,
  confirmed_at text                  -- last time it was found unchanged
);
create index household_field_of on household_field (household);

-- only what the door needs (domain.md §3.3): no numbers, no birth dates
create table resident (
  id           text primary key,
  household    text not null references household (id) on delete cascade,
  display_name text not null,
  birth_year   integer,
  relation     text,
  since        text not null
);
create index resident_household on resident (household);

create table visit (
  id          text primary key,
  household   text not null,
  grid        text not null,
  by_person   text not null,
  kind        text not null,
  outcome     text not null,
  started_at  text not null,         -- what the worker says
  ended_at    text not null,
  recorded_at text not null,         -- the phone's clock, corrected
  note        text,
  persons_met integer,
  next_due    text,
  task        text,
  amendments  text not null          -- JSON list
);
create index visit_grid_day on visit (grid, started_at);
create index visit_household on visit (household);

create table incident (
  id            text primary key,
  grid          text not null,
  local_no      text not null,       -- readable before the first sync
  case_no       text unique,         -- 案件编号, given at the first sync: day, epoch, number
  source        text not null,
  category      text not null,
  severity      integer not null,    -- 1 most urgent
  state         text not null,       -- folded from the events, never stored in the document
  place         text not null,
  lon           real,
  lat           real,
  household     text,
  description   text not null,
  reported_by   text not null,
  reported_at   text not null,       -- when the phone wrote it down
  received_at   text not null,       -- when the centre got it; lateness never counts against a worker
  owner         text,                -- 主办 department
  dispatched_at text,                -- the handling clock starts here
  ended_at      text,
  rework_count  integer not null,
  patrol        text,                -- the finding it came from
  finding       text,
  view          text not null        -- the whole of it as JSON (IncidentView)
);
create index incident_grid on incident (grid, state);

create table incident_event (
  id          text primary key,
  incident    text not null references incident (id) on delete cascade,
  number      integer not null,      -- place in the fold, from 1
  type        text not null,         -- submit, accept …
  by_person   text not null,
  role        text not null,
  recorded_at text not null,
  applied     integer not null,      -- 0: kept, but without effect
  because     text,                  -- why not
  state_after text,
  action      text not null          -- JSON (IncidentAction)
);
create index incident_event_of on incident_event (incident, number);

create table patrol (
  id          text primary key,
  grid        text not null,
  kind        text not null,
  plan        text,
  leader      text not null,
  started_at  text not null,
  ended_at    text,                  -- none while it runs
  distance_m  integer,               -- for orientation, never a score
  checkpoints integer not null,      -- planned
  reached     integer not null,      -- different checkpoints hit and not unreachable
  findings    integer not null,
  line        text,                  -- hash of the line that the worker chose to share
  line_expires_at text,
  note        text,
  view        text not null          -- the whole of it as JSON (PatrolView)
);
create index patrol_grid_day on patrol (grid, started_at);

create table checkpoint_hit (
  id         text primary key,
  patrol     text not null references patrol (id) on delete cascade,
  checkpoint text not null,
  at         text not null,
  by_person  text not null,
  method     text not null,
  reason     text,
  state      text not null,
  lon        real,
  lat        real,
  accuracy_m real,
  counts     integer not null,       -- the first hit of its checkpoint
  photo      text
);
create index checkpoint_hit_patrol on checkpoint_hit (patrol);

create table finding (
  id        text primary key,
  patrol    text not null references patrol (id) on delete cascade,
  category  text not null,
  state     text not null,
  incident  text,
  note      text,
  at        text not null,
  by_person text not null
);
create index finding_patrol on finding (patrol);

-- where a blob is referred to; a reader of the grid may open it
create table photo (
  hash      text not null,           -- of the photo, or of the shared line
  thumbnail text,
  document  text not null,
  kind      text not null,           -- incident, checkpoint, line
  grid      text not null,
  stage     text,
  taken_at  text,
  width     integer,
  height    integer,
  bytes     integer,
  primary key (hash, document)
) without rowid;
create index photo_thumbnail on photo (thumbnail);
create index photo_document on photo (document);

create table place (
  id   text primary key,
  grid text not null,
  name text not null,
  kind text not null
);

create table worker_day (
  id     text primary key,
  worker text not null,
  grid   text not null,
  date   text not null,
  acknowledged integer not null,     -- tasks seen
  completed    integer not null,     -- tasks done
  view   text not null               -- JSON (WorkerDayView)
);
