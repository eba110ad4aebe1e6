-- what a start reads, without a year of everything else around it: what the outbox has to have, and cases that ask for something
-- (an older app that is tested against this one goes back in its list of migrations only)
create index if not exists change_waiting on change (number) where standing = 'waiting';
create index if not exists incident_state on incident (state);
