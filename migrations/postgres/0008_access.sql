-- Users, what programs and browsers show, and the audit log. Of secrets only hashes are kept.
create table access_user (
  id uuid primary key,
  name text collate "C" not null unique,
  grants text not null,
  disabled boolean not null,
  created_at timestamptz not null,
  password text,
  issuer text,
  subject text,
  check ((issuer is null) = (subject is null))
);

create unique index access_user_identity on access_user (issuer, subject) where issuer is not null;

-- By these, while there is no user, the first one can be made.
create table access_invitation (
  digest bytea primary key,
  expires_at timestamptz not null
);

create table access_token (
  id uuid primary key,
  digest bytea not null unique,
  name text not null,
  role text not null,
  project text,
  owner uuid references access_user,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);

create table access_session (
  digest bytea primary key,
  user_id uuid not null references access_user,
  used_at timestamptz not null,
  expires_at timestamptz not null
);

create index access_session_user on access_session (user_id);
create index access_session_old on access_session (expires_at);

-- The chain of entries, and its sealed end. Its one row is what changes of accounts wait for.
create table audit_entry (
  number bigint primary key,
  at timestamptz not null,
  actor text not null,
  origin text not null,
  action text not null,
  object text not null,
  before text,
  after text,
  hash bytea not null
);

create table audit_head (
  one integer primary key check (one = 1),
  number bigint not null,
  hash bytea not null,
  mac bytea not null
);
