-- 采集表: answers stand in the documents of households. What an app that knew no forms downloaded of them is shown from now on.

update document set stale = 1
where stale = 0 and id in (select id from household where coalesce(view ->> '$.unreadable', 0) > 0);
