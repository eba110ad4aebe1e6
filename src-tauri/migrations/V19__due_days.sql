-- 巡: which plan a patrol walked, when, and whether it counts, read from an index alone: a year has many patrols, and 今日 asks
-- for those of every plan.
alter table patrol add column plan text as (json_extract(view, '$.created.plan')) virtual;
alter table patrol add column hits integer as (json_array_length(view, '$.hits')) virtual;
create index patrol_plan on patrol (plan, started_at, ended_at, hits, leader) where plan is not null;

-- 再看: the day on which somebody looks at a quarrel again.
alter table incident add column follow_up text as (json_extract(view, '$.course.dispute.follow_up')) virtual;
create index incident_follow_up on incident (follow_up) where follow_up is not null;
