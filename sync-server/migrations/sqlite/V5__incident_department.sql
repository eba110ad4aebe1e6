-- 协办: the departments that handle an incident beside its owner, as rows, so that a department's queue is a join and not a
-- look into every view.

create table incident_department (
  incident   text not null references incident (id) on delete cascade,
  department text not null,
  primary key (incident, department)
) without rowid;

insert into incident_department (incident, department)
  select distinct incident.id, co.value from incident, json_each(incident.view, '$.co_departments') co;
