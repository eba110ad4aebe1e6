-- 稍后: what was due and waits. A note of this phone only; nothing of it travels.
create table snooze (
  subject  blob not null,          -- the task or the care plan
  due      text not null,          -- its day then: a plan that is due again has not waited yet
  at       integer not null,
  until    text not null,          -- the day on which it stands in the list again
  reason   text not null,
  words    text,
  primary key (subject, due, at)
) strict, without rowid;
