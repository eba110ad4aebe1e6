-- 更正建议, as they stand in the days of this phone's grids; made again from the log like every other projection.
create table proposal (
  id       blob primary key,
  document blob not null,                  -- the worker day that it stands in
  worker   blob not null,
  at       integer not null,
  view     text not null                   -- JSON of NewProposal
) strict;
create index proposal_document on proposal (document);
create index proposal_worker on proposal (worker, at);
