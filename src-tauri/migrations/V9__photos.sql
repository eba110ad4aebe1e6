-- thumbnails that the centre lost and asks for again; photos stand in their own table
create table asked_again (
  hash blob primary key
) strict, without rowid;
