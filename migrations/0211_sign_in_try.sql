-- Tries to sign in, by account and by where they come from: who guesses from elsewhere must not
-- keep an account's owner out. Names are hashed, so that a password typed there is not kept.
-- Owner: src/identity.
drop table sign_in_throttle;
create table sign_in_try (
  account bytea not null,
  source bytea not null,
  tries timestamptz[] not null,
  primary key (account, source)
);
