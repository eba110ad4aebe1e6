-- 访: the day that a door's last visit named for the next one.
alter table household add column next_due text;
update household set next_due = json_extract(view, '$.visits[0].visit.next_due');
create index household_next_due on household (next_due) where next_due is not null;
