-- the camera's own picture of a photo, bare: a row of its own, which waits, travels and is cleared like every other
alter table photo add column original blob;   -- hash of that row; none when there is none, or when its record did not name it
alter table photo add column turn integer;    -- only of an original: how it is to be turned, 1 to 8 as EXIF counts
