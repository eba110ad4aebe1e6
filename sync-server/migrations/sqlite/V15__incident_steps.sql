-- 子任务: the milestones of an errand (代办) and the inquiries about a part that nobody owns (权属征询), as rows. A case that was
-- closed long ago stays in the desk's queue while somebody is still asked whose the part is: the day says until when.

create table incident_step (
  id        text primary key,     -- the event that added it
  incident  text not null references incident (id) on delete cascade,
  kind      text not null,        -- milestone, inquiry
  what      text not null,
  lies_with text not null,        -- with whom or where it lies; of an inquiry whom it was sent to
  due       text,                 -- the wanted day, or the last day of the answer
  asked_at  text not null,
  outcome   text,                 -- done, not_needed; ours, not_ours, no_answer
  ended_at  text
) without rowid;
create index incident_step_of on incident_step (incident);

alter table incident add column follow_day text;
