-- every start checks that the outbox has what waits: it looks at that, not at a year of changes
create index change_waiting on change (number) where standing = 'waiting';
