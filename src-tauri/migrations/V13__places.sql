-- 场所: projected like everything else, and made again from the log.

create table place (
  id            blob primary key,
  kind          text not null,
  name          text not null,
  address       text,
  last_visit_at integer,
  last_outcome  text,
  last_failed   integer not null,          -- items that were found wanting then
  due           text,                      -- last day of the next visit; none once it is gone
  view          text not null              -- JSON of PlaceView
) strict;

-- what an app without this table already downloaded is shown from now on
update document set stale = 1 where kind = 4 and stale = 0;
