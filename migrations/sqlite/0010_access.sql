-- Users, what programs and browsers show, and the audit log. Of secrets only hashes are kept.
create table access_user (
  id blob primary key check (length(id) = 16),
  name text not null unique,
  grants text not null,
  disabled integer not null,
  created_at integer not null,
  password text,
  issuer text,
  subject text,
  check ((issuer is null) = (subject is null))
) strict, without rowid;

create unique index access_user_identity on access_user (issuer, subject) where issuer is not null;

-- By these, while there is no user, the first one can be made.
create table access_invitation (
  digest blob primary key,
  expires_at integer not null
) strict, without rowid;

create table access_token (
  id blob primary key check (length(id) = 16),
  digest blob not null unique,
  name text not null,
  role text not null,
  project text,
  owner blob references access_user,
  created_at integer not null,
  expires_at integer,
  last_used_at integer
) strict, without rowid;

create table access_session (
  digest blob primary key,
  user blob not null references access_user,
  used_at integer not null,
  expires_at integer not null
) strict, without rowid;

create index access_session_user on access_session (user);
create index access_session_old on access_session (expires_at);

-- The chain of entries, and its sealed end.
create table audit_entry (
  number integer primary key,
  at integer not null,
  actor text not null,
  origin text not null,
  action text not null,
  object text not null,
  before text,
  after text,
  hash blob not null
) strict;

create table audit_head (
  one integer primary key check (one = 1),
  number integer not null,
  hash blob not null,
  mac blob not null
) strict;
