-- The registry: what other systems and the console read. Every row is projected from merged documents or from
-- reference rows and can be rebuilt; nothing is stored only here. Ids are text as printed, instants are RFC 3339 UTC
-- with milliseconds (they sort as text), days are YYYY-MM-DD in Shanghai. REGISTRY.md explains each table.

create table grid (
  id             text collate "C" primary key,
  code           text collate "C" not null,      -- 网格编码, 15 digits
  name           text collate "C" not null,      -- 梧桐-03
  community_code text collate "C" not null,
  community_name text collate "C" not null,
  exclusive      bigint  not null,   -- 专属网格: places only
  json           text collate "C" not null       -- boundary and checkpoints, as phones get them
);

create table building (
  id            text collate "C" primary key,
  grid          text collate "C" not null references grid (id),
  estate        text collate "C" not null,       -- 听雨苑
  number        text collate "C" not null,       -- 3幢
  storeys       bigint  not null,
  walking_order bigint  not null,
  lon           double precision not null,       -- WGS-84
  lat           double precision not null
);
create index building_grid on building (grid);

create table department (
  id   text collate "C" primary key,
  name text collate "C" not null
);

-- colleagues, never residents
create table person (
  id         text collate "C" primary key,
  login      text collate "C" unique,            -- how the command line and the login name them
  name       text collate "C" not null,
  role       text collate "C" not null,          -- codes of domain.md §3.2
  department text collate "C" references department (id)
);

-- scope, asked at every request
create table person_grid (
  person text collate "C" not null references person (id),
  grid   text collate "C" not null references grid (id),
  primary key (person, grid)
);

create table category (
  code       text collate "C" primary key,       -- F01001
  group_zh   text collate "C" not null,
  group_en   text collate "C" not null,
  name_zh    text collate "C" not null,
  name_en    text collate "C" not null,
  level      bigint  not null,       -- usual severity
  on_site    bigint  not null,
  frequent   bigint  not null,
  department text collate "C" references department (id)
);

create table household (
  id             text collate "C" primary key,
  grid           text collate "C" not null,
  building       text collate "C" not null,
  unit           text collate "C" not null,      -- as written on the door
  room           text collate "C" not null,
  no_entry_until text collate "C",               -- a refusal that stands; it outlives every merge
  last_visit_at  text collate "C",               -- any outcome
  last_outcome   text collate "C",
  visits         bigint  not null,
  conflicts      bigint  not null,   -- fields with more than one value, for a person to settle
  view           text collate "C" not null       -- the whole of it as JSON (HouseholdView)
);
create index household_grid on household (grid);

-- every value that nobody has overruled: two rows of one field are a conflict
create table household_field (
  household text collate "C" not null references household (id) on delete cascade,
  field     text collate "C" not null,
  value     text collate "C" not null,           -- JSON
  by_person text collate "C" not null,
  at        text collate "C" not null,
  confirmed_at text collate "C"                  -- last time it was found unchanged
);
create index household_field_of on household_field (household);

-- only what the door needs (domain.md §3.3): no numbers, no birth dates
create table resident (
  id           text collate "C" primary key,
  household    text collate "C" not null references household (id) on delete cascade,
  display_name text collate "C" not null,
  birth_year   bigint ,
  relation     text collate "C",
  since        text collate "C" not null
);
create index resident_household on resident (household);

create table visit (
  id          text collate "C" primary key,
  household   text collate "C" not null,
  grid        text collate "C" not null,
  by_person   text collate "C" not null,
  kind        text collate "C" not null,
  outcome     text collate "C" not null,
  started_at  text collate "C" not null,         -- what the worker says
  ended_at    text collate "C" not null,
  recorded_at text collate "C" not null,         -- the phone's clock, corrected
  note        text collate "C",
  persons_met bigint ,
  next_due    text collate "C",
  task        text collate "C",
  amendments  text collate "C" not null          -- JSON list
);
create index visit_grid_day on visit (grid, started_at);
create index visit_household on visit (household);

create table incident (
  id            text collate "C" primary key,
  grid          text collate "C" not null,
  local_no      text collate "C" not null,       -- readable before the first sync
  case_no       text collate "C" unique,         -- 案件编号, given at the first sync: day, epoch, number
  source        text collate "C" not null,
  category      text collate "C" not null,
  severity      bigint  not null,    -- 1 most urgent
  state         text collate "C" not null,       -- folded from the events, never stored in the document
  place         text collate "C" not null,
  lon           double precision,
  lat           double precision,
  household     text collate "C",
  description   text collate "C" not null,
  reported_by   text collate "C" not null,
  reported_at   text collate "C" not null,       -- when the phone wrote it down
  received_at   text collate "C" not null,       -- when the centre got it; lateness never counts against a worker
  owner         text collate "C",                -- 主办 department
  dispatched_at text collate "C",                -- the handling clock starts here
  ended_at      text collate "C",
  rework_count  bigint  not null,
  patrol        text collate "C",                -- the finding it came from
  finding       text collate "C",
  view          text collate "C" not null        -- the whole of it as JSON (IncidentView)
);
create index incident_grid on incident (grid, state);

create table incident_event (
  id          text collate "C" primary key,
  incident    text collate "C" not null references incident (id) on delete cascade,
  number      bigint  not null,      -- place in the fold, from 1
  type        text collate "C" not null,         -- submit, accept …
  by_person   text collate "C" not null,
  role        text collate "C" not null,
  recorded_at text collate "C" not null,
  applied     bigint  not null,      -- 0: kept, but without effect
  because     text collate "C",                  -- why not
  state_after text collate "C",
  action      text collate "C" not null          -- JSON (IncidentAction)
);
create index incident_event_of on incident_event (incident, number);

create table patrol (
  id          text collate "C" primary key,
  grid        text collate "C" not null,
  kind        text collate "C" not null,
  plan        text collate "C",
  leader      text collate "C" not null,
  started_at  text collate "C" not null,
  ended_at    text collate "C",                  -- none while it runs
  distance_m  bigint ,               -- for orientation, never a score
  checkpoints bigint  not null,      -- planned
  reached     bigint  not null,      -- different checkpoints hit and not unreachable
  findings    bigint  not null,
  line        text collate "C",                  -- hash of the line that the worker chose to share
  line_expires_at text collate "C",
  note        text collate "C",
  view        text collate "C" not null          -- the whole of it as JSON (PatrolView)
);
create index patrol_grid_day on patrol (grid, started_at);

create table checkpoint_hit (
  id         text collate "C" primary key,
  patrol     text collate "C" not null references patrol (id) on delete cascade,
  checkpoint text collate "C" not null,
  at         text collate "C" not null,
  by_person  text collate "C" not null,
  method     text collate "C" not null,
  reason     text collate "C",
  state      text collate "C" not null,
  lon        double precision,
  lat        double precision,
  accuracy_m double precision,
  counts     bigint  not null,       -- the first hit of its checkpoint
  photo      text collate "C"
);
create index checkpoint_hit_patrol on checkpoint_hit (patrol);

create table finding (
  id        text collate "C" primary key,
  patrol    text collate "C" not null references patrol (id) on delete cascade,
  category  text collate "C" not null,
  state     text collate "C" not null,
  incident  text collate "C",
  note      text collate "C",
  at        text collate "C" not null,
  by_person text collate "C" not null
);
create index finding_patrol on finding (patrol);

-- where a blob is referred to; a reader of the grid may open it
create table photo (
  hash      text collate "C" not null,           -- of the photo, or of the shared line
  thumbnail text collate "C",
  document  text collate "C" not null,
  kind      text collate "C" not null,           -- incident, checkpoint, line
  grid      text collate "C" not null,
  stage     text collate "C",
  taken_at  text collate "C",
  width     bigint ,
  height    bigint ,
  bytes     bigint ,
  primary key (hash, document)
);
create index photo_thumbnail on photo (thumbnail);
create index photo_document on photo (document);

create table place (
  id   text collate "C" primary key,
  grid text collate "C" not null,
  name text collate "C" not null,
  kind text collate "C" not null
);

create table worker_day (
  id     text collate "C" primary key,
  worker text collate "C" not null,
  grid   text collate "C" not null,
  date   text collate "C" not null,
  acknowledged bigint  not null,     -- tasks seen
  completed    bigint  not null,     -- tasks done
  view   text collate "C" not null               -- JSON (WorkerDayView)
);
