-- Case numbers are decisions, not projections: the registry can be thrown away and made again, a number that was told
-- to a citizen cannot.

create table case_number (
  incident text collate "C" primary key,
  case_no  text collate "C" not null unique  -- 案件编号: day, epoch, number of that day
);

insert into case_number (incident, case_no) select id, case_no from incident where case_no is not null;
