-- what a start reads, without a year of everything else around it: what the outbox has to have, and cases that ask for something
create index change_waiting on change (number) where standing = 'waiting';
create index incident_state on incident (state);
