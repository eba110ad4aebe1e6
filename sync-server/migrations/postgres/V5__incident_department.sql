-- 协办: the departments that handle an incident beside its owner, as rows, so that a department's queue is a join and not a
-- look into every view.

create table incident_department (
  incident   text collate "C" not null references incident (id) on delete cascade,
  department text collate "C" not null,
  primary key (incident, department)
);

insert into incident_department (incident, department)
  select distinct incident.id, co.value
  from incident cross join json_array_elements_text(incident.view::json -> 'co_departments') co (value);
