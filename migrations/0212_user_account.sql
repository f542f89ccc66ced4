-- Whose energy a customer may see: people bound to accounts (户号). Owner: src/identity.
create table user_account (
  user_id integer not null references app_user on delete cascade,
  account_no text not null references account (no) on update cascade on delete cascade,
  primary key (user_id, account_no)
);
create index user_account_account_no on user_account (account_no);
