-- Care plans: projected like everything else, and made again from the log. The words in `view` are shown only to whoever
-- opened them with a reason, which is an act in the plan itself.

create table care_plan (
  id        blob primary key,
  household blob not null,
  view      text not null                   -- JSON of CareView
) strict;
create index care_plan_household on care_plan (household);

-- what an app without this table already downloaded is shown from now on
update document set stale = 1 where kind = 6 and stale = 0;
