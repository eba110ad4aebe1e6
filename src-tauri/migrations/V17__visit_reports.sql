-- 走访报告, as it was confirmed; made again from the log like every other projection.
create table visit_report (
  id         blob primary key,             -- the wording
  document   blob not null,                -- the worker day that it stands in
  worker     blob not null,
  from_date  text not null,
  until_date text not null,
  at         integer not null,
  view       text not null                 -- JSON of VisitReport
) strict;
create index visit_report_document on visit_report (document);
create index visit_report_period on visit_report (worker, from_date, until_date, at);
